"""Held out: further programs in other styles, changed in other ways, that the diagnosis was not made with.

If you work on the diagnosis, measure with ``--held-out`` and read neither this file, nor ``held_out_changes.py`` and
``held_out_slips.py``, nor the changes one by one, because they are no longer held out once you have. SEEN was held out
before, with the changes of ``seen.py``, and is not any more: what it showed has been mended, by kinds. PROGRAMS was
written after that, without knowledge of the diagnosis.
"""

from benchmarks.open_world import held_out_changes, seen
from benchmarks.open_world.mutate import Mutant
from benchmarks.open_world.programs import Data, Program

LIBRARY = Program(
    "a small library",
    """
# setup
class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)
class Layer:
    def parameters(self):
        return []
class Linear(Layer):
    def __init__(self, weight, bias):
        self.weight, self.bias = Parameter(weight), Parameter(bias)
    def parameters(self):
        return [self.weight, self.bias]
    def forward(self, x):
        self.x = x
        return x @ self.weight.value.T + self.bias.value
    def backward(self, grad_output):
        # backward
        self.weight.grad += grad_output.T @ self.x              #: dW*
        self.bias.grad += grad_output.sum(axis=0)               #: db*
        grad_input = grad_output @ self.weight.value            #: back*
        return grad_input                                       #: back*
        # setup
class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, grad_output):
        # backward
        return grad_output * self.mask                          #: delta1 phi1
        # setup
class Tanh(Layer):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad_output):
        # backward
        return grad_output * (1 - self.y ** 2)                  #: delta2 phi2
        # setup
class SoftmaxCrossEntropy:
    def forward(self, scores, labels):
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.probs, self.labels = shifted / shifted.sum(axis=1, keepdims=True), labels
    def backward(self):
        # backward
        n = self.labels.shape[0]                                #: error delta3
        return (self.probs - self.labels) / n                   #: error delta3 phi3
        # setup
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers
    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        # backward
        for layer in reversed(self.layers):
            grad = layer.backward(grad)                         #: back* delta*
        return grad                                             #: back1
        # setup
class SGD:
    def __init__(self, params, lr):
        self.params, self.lr = params, lr
    def step(self):
        # update
        for p in self.params:
            p.value -= self.lr * p.grad                         #: uW* ub*
        # setup
net = Sequential(Linear(W1, b1), ReLU(), Linear(W2, b2), Tanh(), Linear(W3, b3))
criterion, optimizer = SoftmaxCrossEntropy(), SGD(net.parameters(), eta)
# forward
criterion.forward(net.forward(X), y)
# backward
net.backward(criterion.backward())                              #: error
# update
optimizer.step()                                                #: uW* ub*
# setup
made = net.parameters()
""",
    (Data((4, 6, 5, 3), 8, 301), Data((2, 5, 4, 3), 0, 302)),
    ("relu", "tanh", "softmax"),
    "categorical_cross_entropy",
    "flat",
    in_out=False,
    parts=("made[2 * {i}].value", "made[2 * {i}].grad", "made[2 * {i} + 1].value", "made[2 * {i} + 1].grad"),
)

COURSE = Program(
    "helpers and a list of caches",
    """
# setup
parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
kinds = ["sigmoid", "relu", "sigmoid"]
L = len(parameters) // 2
def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))
def sigmoid_backward(dA, Z):
    # backward
    s = sigmoid(Z)                                                              #: phi1 phi3
    dZ = dA * s * (1 - s)                                                       #: delta1 delta3 phi1 phi3
    return dZ                                                                   #: delta1 delta3
    # setup
def relu_backward(dA, Z):
    # backward
    dZ = np.array(dA, copy=True)                                                #: delta2 phi2
    dZ[Z <= 0] = 0                                                              #: delta2 phi2
    return dZ                                                                   #: delta2
    # setup
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    # backward
    dW = np.dot(dZ, A_prev.T) / m                                               #: dW*
    db = np.sum(dZ, axis=1, keepdims=True) / m                                  #: db*
    dA_prev = np.dot(W.T, dZ)                                                   #: back*
    return dA_prev, dW, db                                                      #: back* dW* db*
    # setup
def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    # backward
    if activation == "relu":
        dZ = relu_backward(dA, Z)                                               #: delta2 phi2
    else:
        dZ = sigmoid_backward(dA, Z)                                            #: delta1 delta3 phi1 phi3
    return linear_backward(dZ, linear_cache)                                    #: delta*
    # setup
# forward
caches, A = [], X
for l in range(1, L + 1):
    A_prev, W, b = A, parameters["W" + str(l)], parameters["b" + str(l)]
    Z = np.dot(W, A_prev) + b
    A = sigmoid(Z) if kinds[l - 1] == "sigmoid" else np.maximum(0, Z)
    caches.append(((A_prev, W, b), Z))
AL = A
# backward
grads = {}                                                                      #: dW* db*
dAL = -(np.divide(y, AL) - np.divide(1 - y, 1 - AL))                            #: error
grads["dA" + str(L)] = dAL                                                      #: error
for l in reversed(range(L)):
    current_cache = caches[l]                                                   #: delta* dW*
    dA = grads["dA" + str(l + 1)]                                               #: back* error
    dA_temp, dW_temp, db_temp = linear_activation_backward(dA, current_cache, kinds[l])  #: delta* dW* db* back*
    grads["dA" + str(l)] = dA_temp                                              #: back*
    grads["dW" + str(l + 1)] = dW_temp                                          #: dW*
    grads["db" + str(l + 1)] = db_temp                                          #: db*
# update
for l in range(L):
    parameters["W" + str(l + 1)] = parameters["W" + str(l + 1)] - eta * grads["dW" + str(l + 1)]    #: uW*
    parameters["b" + str(l + 1)] = parameters["b" + str(l + 1)] - eta * grads["db" + str(l + 1)]    #: ub*
""",
    (Data((3, 5, 4, 2), 9, 303), Data((2, 4, 5, 1), 0, 304)),
    ("sigmoid", "relu", "sigmoid"),
    "binary_cross_entropy_examples",
    "column",
    rows=False,
    in_out=False,
    parts=('parameters["W{k}"]', 'grads["dW{k}"]', 'parameters["b{k}"]', 'grads["db{k}"]'),
)

TENSOR = Program(
    "a tensor with operators",
    """
# setup
class Tensor:
    def __init__(self, data, parents=()):
        self.data, self.parents = data, parents
        self.grad = np.zeros_like(data)
        self.pull = lambda: None
    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))
        def pull():
            # backward
            self.grad += out.grad                                               #: delta*
            other.grad += out.grad.sum(axis=0, keepdims=True)                   #: db*
            # setup
        out.pull = pull
        return out
    def __sub__(self, target):
        out = Tensor(self.data - target, (self,))
        def pull():
            # backward
            self.grad += out.grad                                               #: error
            # setup
        out.pull = pull
        return out
    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))
        def pull():
            # backward
            self.grad += out.grad @ other.data.T                                #: back1
            other.grad += self.data.T @ out.grad                                #: dW*
            # setup
        out.pull = pull
        return out
    def __pow__(self, power):
        out = Tensor(self.data ** power, (self,))
        def pull():
            # backward
            self.grad += power * self.data ** (power - 1) * out.grad            #: error
            # setup
        out.pull = pull
        return out
    def sigmoid(self):
        out = Tensor(1 / (1 + np.exp(-self.data)), (self,))
        def pull():
            # backward
            self.grad += out.data * (1 - out.data) * out.grad                   #: delta1 phi1
            # setup
        out.pull = pull
        return out
    def sum(self, factor):
        out = Tensor(np.array(factor * self.data.sum()), (self,))
        def pull():
            # backward
            self.grad += factor * np.ones_like(self.data) * out.grad            #: error
            # setup
        out.pull = pull
        return out
    def backward(self):
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)
        visit(self)
        # backward
        self.grad = np.ones_like(self.data)                                     #: error
        for node in reversed(order):
            node.pull()                                                         #: error back* delta* dW* db*
        # setup
x, w1, c1, w2, c2 = (Tensor(array) for array in (X, W1, b1, W2, b2))
# forward
hidden = (x @ w1 + c1).sigmoid()
loss = ((hidden @ w2 + c2 - y) ** 2).sum(0.5 / len(X))
# backward
loss.backward()                                                                 #: error
# update
for p in [w1, c1, w2, c2]:
    p.data = p.data - eta * p.grad                                              #: uW* ub*
# setup
w, c = [w1, w2], [c1, c2]
""",
    (Data((3, 5, 2), 7, 305), Data((2, 4, 1), 0, 306)),
    ("sigmoid", "identity"),
    "mse_half_examples",
    "row",
    parts=("w[{i}].data", "w[{i}].grad", "c[{i}].data", "c[{i}].grad"),
)

BUFFERS = Program(
    "one buffer and its indices",
    """
# setup
n_in, n_hid, n_out = W1.shape[1] - 1, W1.shape[0], W2.shape[0]
weight = np.concatenate([W1.ravel(), W2.ravel()])
grad = np.zeros(weight.size)
at, o = n_hid * (n_in + 1), n_in + n_hid
output, delta = np.zeros(n_in + n_hid + n_out), np.zeros(n_hid + n_out)
for n in range(len(X)):
    # forward
    for i in range(n_in):
        output[i] = X[n, i]
    k = 0
    for j in range(n_hid):
        s = weight[k]
        for i in range(n_in):
            s += weight[k + 1 + i] * output[i]
        output[n_in + j] = 1.0 / (1.0 + np.exp(-s))
        k += n_in + 1
    for q in range(n_out):
        s = weight[k]
        for j in range(n_hid):
            s += weight[k + 1 + j] * output[n_in + j]
        output[o + q] = np.tanh(s)
        k += n_hid + 1
    # backward
    for q in range(n_out):
        out = output[o + q]                                                     #: error phi2
        delta[n_hid + q] = (out - y[n, q]) * (1.0 - out * out)                  #: error delta2 phi2
    for j in range(n_hid):
        s = 0.0                                                                 #: back1
        for q in range(n_out):
            s += delta[n_hid + q] * weight[at + q * (n_hid + 1) + 1 + j]        #: back1
        out = output[n_in + j]                                                  #: phi1
        delta[j] = s * out * (1.0 - out)                                        #: delta1 phi1
    k = 0                                                                       #: dW* db*
    for j in range(n_hid):
        grad[k] += delta[j]                                                     #: db1
        for i in range(n_in):
            grad[k + 1 + i] += delta[j] * output[i]                             #: dW1
        k += n_in + 1                                                           #: dW1 db1
    for q in range(n_out):
        grad[k] += delta[n_hid + q]                                             #: db2
        for j in range(n_hid):
            grad[k + 1 + j] += delta[n_hid + q] * output[n_in + j]              #: dW2
        k += n_hid + 1                                                          #: dW2 db2
# update
for k in range(len(weight)):
    weight[k] -= eta * grad[k]                                                  #: uW* ub*
# setup
v = [weight[:at].reshape(W1.shape), weight[at:].reshape(W2.shape)]
g = [grad[:at].reshape(W1.shape), grad[at:].reshape(W2.shape)]
""",
    (Data((3, 5, 2), 6, 307), Data((2, 4, 1), 0, 308)),
    ("sigmoid", "tanh"),
    "mse_half_sum",
    "first column",
    in_out=False,
    parts=("v[{i}]", "g[{i}]", "", ""),
)

ONES_BELOW = Program(
    "ones below the columns",
    """
# setup
N = X.shape[1]
ones = np.ones((1, N))
target = np.zeros((W2.shape[1], N))
target[y, np.arange(N)] = 1
mu, velocity = 0.9, [np.zeros_like(W1), np.zeros_like(W2)]
# forward
x = np.vstack((X, ones))
h = 1 / (1 + np.exp(-W1.T.dot(x)))
hb = np.vstack((h, ones))
p = np.exp(W2.T.dot(hb))
p /= p.sum(axis=0)
# backward
dO = p - target                                         #: error delta2 phi2
dO /= N                                                 #: error delta2
dW2 = hb.dot(dO.T)                                      #: dW2 db2
dH = W2[:-1].dot(dO)                                    #: back1
dZ = dH * (h - h * h)                                   #: delta1 phi1
dW1 = x.dot(dZ.T)                                       #: dW1 db1
# update
for v, W, g in zip(velocity, (W1, W2), (dW1, dW2)):
    v *= mu                                             #: uW* ub*
    v -= eta * g                                        #: uW* ub*
    W += v                                              #: uW* ub*
""",
    (Data((4, 6, 3), 8, 309), Data((2, 5, 3), 0, 310)),
    ("sigmoid", "softmax"),
    "categorical_cross_entropy",
    "last row",
    rows=False,
    targets="classes",
)

FOLD = Program(
    "a fold over the layers",
    """
# setup
from functools import reduce
relu = lambda z: z * (z > 0)
same = lambda z: z
# backward
relu_prime = lambda z: np.where(z > 0, 1.0, 0.0)                                #: phi1
tanh_prime = lambda z: 1.0 - np.tanh(z) ** 2                                    #: phi2
same_prime = lambda z: np.ones(z.shape)                                         #: phi3
# setup
layers = [(W1, b1, relu, relu_prime), (W2, b2, np.tanh, tanh_prime), (W3, b3, same, same_prime)]
def ahead(states, layer):
    W, b, f, _ = layer
    z = states[-1][1] @ W + b
    return [*states, (z, f(z))]
def behind(carry, step):
    g, grads = carry
    (W, b, _, prime), (z, _), (_, a) = step
    # backward
    d = g * prime(z)                                                            #: delta* phi*
    dW = np.tensordot(a, d, axes=(0, 0))                                        #: dW*
    db = np.add.reduce(d)                                                       #: db*
    return np.inner(d, W), [(dW, db), *grads]                                   #: back* dW* db*
    # setup
# forward
states = reduce(ahead, layers, [(None, X)])
# backward
residual = states[-1][1] - y                                                    #: error
start = 2.0 / len(y) * residual                                                 #: error
steps = zip(reversed(layers), states[:0:-1], states[-2::-1])                    #: back* delta* dW*
_, grads = reduce(behind, steps, (start, []))                                   #: error back*
# update
new = [(W - eta * dW, b - eta * db) for (W, b, *_), (dW, db) in zip(layers, grads)]     #: uW* ub*
""",
    (Data((3, 6, 4, 2), 8, 311), Data((2, 5, 4, 1), 0, 312)),
    ("relu", "tanh", "identity"),
    "mse_examples",
    "flat",
    parts=("new[{i}][0]", "grads[{i}][0]", "new[{i}][1]", "grads[{i}][1]"),
)

#: The programs that were held out before.
SEEN = seen.PROGRAMS
#: The programs that are held out.
PROGRAMS = (LIBRARY, COURSE, TENSOR, BUFFERS, ONES_BELOW, FOLD)


def mutants(program: Program) -> list[Mutant]:
    """List every changed version of a program, each once.

    Args:
        program: the program, one of SEEN or of PROGRAMS.

    Returns:
        The changed versions, always in the same order; those of SEEN are changed as they were when they were held out.
    """
    if program.name in {p.name for p in SEEN}:
        return seen.mutants(program)
    return held_out_changes.mutants(program)
