"""Correct programs, in the shapes that people write.

Each is a source text. Comments that stand alone divide it into regions: ``# setup``, ``# forward``, ``# backward``,
``# update``; only the last two are changed. A comment that begins with ``#:`` names the places of its line:

- ``error``: ∂L/∂ŷ, or ŷ − y;
- ``phi2``: the derivative of the activation of layer 2;
- ``delta2``: δ of layer 2;
- ``back1``: what is propagated back to layer 1, ∂L/∂A₁;
- ``dW2``, ``db2``: the gradients of layer 2;
- ``uW2``, ``ub2``: their updates.

A star in place of the number stands for every layer.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Data:
    """What a program is run with.

    Attributes:
        widths: the numbers of units, inputs first.
        n: the number of examples; 0 for XOR's 21 points.
        seed: for inputs, targets and weights.
    """

    widths: tuple[int, ...]
    n: int
    seed: int


@dataclass(frozen=True)
class Program:
    """A correct program.

    Attributes:
        name: what it is called here.
        source: its text.
        data: what it is run with.
        activations: one for each layer.
        loss: the loss as its author would name it.
        bias: how biases lie: "" for none, "flat" (out,), "row" (1, out), "column" (out, 1), "last row" or
            "first column" of the weights.
        rows: whether examples are rows; otherwise columns.
        in_out: whether W has the shape (in, out); otherwise (out, in).
        targets: "as X", "flat" for (N,), or "classes" for the numbers of the classes.
        single: whether there is one example, as vectors.
        sign: −1 if its gradients are −∇L, to be added.
        parts: where the weights, their gradients, the biases and theirs are found, with {k} for the layer from 1 and
            {i} from 0.
    """

    name: str
    source: str
    data: tuple[Data, ...]
    activations: tuple[str, ...]
    loss: str = "mse"
    bias: str = ""
    rows: bool = True
    in_out: bool = True
    targets: str = "as X"
    single: bool = False
    sign: int = 1
    parts: tuple[str, str, str, str] = ("W{k}", "dW{k}", "b{k}", "db{k}")

    @property
    def depth(self) -> int:
        """The number of layers of weights."""
        return len(self.activations)


SIGMOID = """
# setup
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""

ROWS = Program(
    "rows",
    SIGMOID
    + """
# forward
z1 = X @ W1
a1 = sigmoid(z1)
z2 = a1 @ W2
p = sigmoid(z2)
# backward
e = 2 * (p - y) / y.size            #: error
d2 = e * p * (1 - p)                #: delta2 phi2
dW2 = a1.T @ d2                     #: dW2
e1 = d2 @ W2.T                      #: back1
d1 = e1 * a1 * (1 - a1)             #: delta1 phi1
dW1 = X.T @ d1                      #: dW1
# update
W1 = W1 - eta * dW1                 #: uW1
W2 = W2 - eta * dW2                 #: uW2
""",
    (Data((3, 5, 2), 7, 1), Data((2, 4, 1), 0, 2)),
    ("sigmoid", "sigmoid"),
)

COLUMNS = Program(
    "columns",
    SIGMOID
    + """
m = X.shape[1]
# forward
Z1 = W1 @ X + b1
A1 = np.tanh(Z1)
Z2 = W2 @ A1 + b2
A2 = sigmoid(Z2)
# backward
dZ2 = A2 - y                                        #: error delta2 phi2
dW2 = dZ2 @ A1.T / m                                #: dW2
db2 = np.sum(dZ2, axis=1, keepdims=True) / m        #: db2
dZ1 = (W2.T @ dZ2) * (1 - A1**2)                    #: back1 delta1 phi1
dW1 = dZ1 @ X.T / m                                 #: dW1
db1 = np.sum(dZ1, axis=1, keepdims=True) / m        #: db1
# update
W1 -= eta * dW1                                     #: uW1
b1 -= eta * db1                                     #: ub1
W2 -= eta * dW2                                     #: uW2
b2 -= eta * db2                                     #: ub2
""",
    (Data((3, 4, 1), 9, 3), Data((2, 4, 1), 0, 4)),
    ("tanh", "sigmoid"),
    "binary_cross_entropy",
    "column",
    rows=False,
    in_out=False,
)

RELU = Program(
    "relu",
    """
# setup
N = X.shape[0]
# forward
h = X @ W1 + b1
r = np.maximum(h, 0)
y_pred = r @ W2 + b2
# backward
grad_y = (y_pred - y) / N                   #: error delta2
dW2 = r.T.dot(grad_y)                       #: dW2
db2 = grad_y.sum(axis=0)                    #: db2
grad_r = grad_y.dot(W2.T)                   #: back1
grad_h = grad_r.copy()                      #: delta1 phi1
grad_h[h < 0] = 0                           #: delta1 phi1
dW1 = X.T.dot(grad_h)                       #: dW1
db1 = grad_h.sum(axis=0)                    #: db1
# update
W1 -= eta * dW1                             #: uW1
b1 -= eta * db1                             #: ub1
W2 -= eta * dW2                             #: uW2
b2 -= eta * db2                             #: ub2
""",
    (Data((3, 6, 1), 8, 5), Data((2, 5, 1), 0, 6)),
    ("relu", "identity"),
    "mse_half",
    "flat",
)

THREE = Program(
    "three layers",
    SIGMOID
    + """
# forward
a1 = sigmoid(X @ W1 + b1)
a2 = sigmoid(a1 @ W2 + b2)
a3 = sigmoid(a2 @ W3 + b3)
# backward
delta3 = 2 * (a3 - y) * a3 * (1 - a3)               #: error delta3 phi3
delta2 = np.dot(delta3, W3.T) * a2 * (1 - a2)       #: back2 delta2 phi2
delta1 = np.dot(delta2, W2.T) * a1 * (1 - a1)       #: back1 delta1 phi1
dW3 = np.dot(a2.T, delta3)                          #: dW3
dW2 = np.dot(a1.T, delta2)                          #: dW2
dW1 = np.dot(X.T, delta1)                           #: dW1
db3 = np.sum(delta3, axis=0, keepdims=True)         #: db3
db2 = np.sum(delta2, axis=0, keepdims=True)         #: db2
db1 = np.sum(delta1, axis=0, keepdims=True)         #: db1
# update
W3 = W3 - eta * dW3                                 #: uW3
W2 = W2 - eta * dW2                                 #: uW2
W1 = W1 - eta * dW1                                 #: uW1
b3 = b3 - eta * db3                                 #: ub3
b2 = b2 - eta * db2                                 #: ub2
b1 = b1 - eta * db1                                 #: ub1
""",
    (Data((3, 5, 4, 2), 6, 7), Data((2, 4, 4, 1), 0, 8)),
    ("sigmoid", "sigmoid", "sigmoid"),
    "mse_sum",
    "row",
)

SINGLE = Program(
    "one example",
    SIGMOID
    + """
# forward
z1 = X @ W1 + b1
h = sigmoid(z1)
z2 = h @ W2 + b2
out = sigmoid(z2)
# backward
error = out - y                         #: error
d_out = error * out * (1 - out)         #: delta2 phi2
back = W2 @ d_out                       #: back1
d_h = back * h * (1 - h)                #: delta1 phi1
dW2 = np.outer(h, d_out)                #: dW2
db2 = d_out                             #: db2
dW1 = np.outer(X, d_h)                  #: dW1
db1 = d_h                               #: db1
# update
W2 = W2 - eta * dW2                     #: uW2
b2 = b2 - eta * db2                     #: ub2
W1 = W1 - eta * dW1                     #: uW1
b1 = b1 - eta * db1                     #: ub1
""",
    (Data((3, 4, 2), 1, 9), Data((2, 3, 1), 1, 10)),
    ("sigmoid", "sigmoid"),
    "mse_half_sum",
    "flat",
    single=True,
)

EXAMPLES = Program(
    "loop over examples",
    """
# setup
N = len(X)
dW1, db1 = np.zeros(W1.shape), np.zeros(b1.shape)
dW2, db2 = np.zeros(W2.shape), np.zeros(b2.shape)
for n in range(N):
    # forward
    a1 = np.tanh(X[n] @ W1 + b1)
    a2 = a1 @ W2 + b2
    # backward
    d2 = 2 * (a2 - y[n]) / N                #: error delta2
    d1 = (1 - a1**2) * (W2 @ d2)            #: back1 delta1 phi1
    dW2 += np.outer(a1, d2)                 #: dW2
    db2 += d2                               #: db2
    dW1 += np.outer(X[n], d1)               #: dW1
    db1 += d1                               #: db1
# update
W1 = W1 - eta * dW1                         #: uW1
b1 = b1 - eta * db1                         #: ub1
W2 = W2 - eta * dW2                         #: uW2
b2 = b2 - eta * db2                         #: ub2
""",
    (Data((3, 4, 1), 6, 11), Data((2, 4, 1), 0, 12)),
    ("tanh", "identity"),
    "mse",
    "flat",
)

NEURONS = Program(
    "loop over neurons",
    """
# setup
def sig(z):
    return 1 / (1 + np.exp(-z))
n_in, n_hid = W1.shape
n_out = W2.shape[1]
dW1, dW2 = np.zeros(W1.shape), np.zeros(W2.shape)
for x, t in zip(X, y):
    # forward
    h = [sig(sum(x[i] * W1[i, j] for i in range(n_in))) for j in range(n_hid)]
    o = [sig(sum(h[j] * W2[j, k] for j in range(n_hid))) for k in range(n_out)]
    # backward
    do = [0.0] * n_out                                  #: delta2
    for k in range(n_out):
        err = o[k] - t[k]                               #: error
        do[k] = err * o[k] * (1 - o[k])                 #: delta2 phi2
    dh = [0.0] * n_hid                                  #: delta1
    for j in range(n_hid):
        s = 0.0                                         #: back1
        for k in range(n_out):
            s += do[k] * W2[j, k]                       #: back1
        dh[j] = s * h[j] * (1 - h[j])                   #: delta1 phi1
    for j in range(n_hid):
        for k in range(n_out):
            dW2[j, k] += h[j] * do[k]                   #: dW2
    for i in range(n_in):
        for j in range(n_hid):
            dW1[i, j] += x[i] * dh[j]                   #: dW1
# update
for j in range(n_hid):
    for k in range(n_out):
        W2[j, k] -= eta * dW2[j, k]                     #: uW2
for i in range(n_in):
    for j in range(n_hid):
        W1[i, j] -= eta * dW1[i, j]                     #: uW1
""",
    (Data((3, 4, 2), 5, 13), Data((2, 3, 1), 0, 14)),
    ("sigmoid", "sigmoid"),
    "mse_half_sum",
)

LAST_ROW = Program(
    "bias as last row",
    SIGMOID
    + """
def with_ones(a):
    return np.hstack([a, np.ones((len(a), 1))])
X1 = with_ones(X)
# forward
hidden = sigmoid(X1 @ W1)
H1 = with_ones(hidden)
p = sigmoid(H1 @ W2)
# backward
delta2 = 2 * (p - y) * p * (1 - p) / len(X)             #: error delta2 phi2
dW2 = H1.T @ delta2                                     #: dW2 db2
delta1 = delta2 @ W2[:-1].T * hidden * (1 - hidden)     #: back1 delta1 phi1
dW1 = X1.T @ delta1                                     #: dW1 db1
# update
W2 -= eta * dW2                                         #: uW2 ub2
W1 -= eta * dW1                                         #: uW1 ub1
""",
    (Data((3, 5, 1), 8, 15), Data((2, 4, 1), 0, 16)),
    ("sigmoid", "sigmoid"),
    "mse",
    "last row",
)

FIRST_COLUMN = Program(
    "bias as first column",
    SIGMOID
    + """
m = X.shape[1]
# forward
A0 = np.vstack([np.ones((1, m)), X])
A1 = np.vstack([np.ones((1, m)), sigmoid(W1 @ A0)])
H = sigmoid(W2 @ A1)
# backward
D2 = H - y                                              #: error delta2 phi2
D1 = (W2.T @ D2 * A1 * (1 - A1))[1:]                    #: back1 delta1 phi1
dW2 = D2 @ A1.T / m                                     #: dW2 db2
dW1 = D1 @ A0.T / m                                     #: dW1 db1
# update
W1 = W1 - eta * dW1                                     #: uW1 ub1
W2 = W2 - eta * dW2                                     #: uW2 ub2
""",
    (Data((3, 4, 1), 7, 17), Data((2, 4, 1), 0, 18)),
    ("sigmoid", "sigmoid"),
    "binary_cross_entropy",
    "first column",
    rows=False,
    in_out=False,
)

SOFTMAX = Program(
    "softmax",
    """
# setup
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
N = len(X)
# forward
z1 = X @ W1 + b1
a1 = np.maximum(z1, 0)
probs = softmax(a1 @ W2 + b2)
# backward
dz2 = (probs - y) / N                       #: error delta2 phi2
dW2 = a1.T @ dz2                            #: dW2
db2 = dz2.sum(axis=0)                       #: db2
da1 = dz2 @ W2.T                            #: back1
dz1 = da1 * (z1 > 0)                        #: delta1 phi1
dW1 = X.T @ dz1                             #: dW1
db1 = dz1.sum(axis=0)                       #: db1
# update
W1 = W1 - eta * dW1                         #: uW1
b1 = b1 - eta * db1                         #: ub1
W2 = W2 - eta * dW2                         #: uW2
b2 = b2 - eta * db2                         #: ub2
""",
    (Data((4, 6, 3), 9, 19), Data((2, 5, 3), 12, 20)),
    ("relu", "softmax"),
    "categorical_cross_entropy",
    "flat",
)

CLASSES = Program(
    "class numbers",
    """
# setup
N = X.shape[0]
# forward
h = np.tanh(X.dot(W1) + b1)
scores = h.dot(W2) + b2
exp_scores = np.exp(scores)
probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
# backward
delta3 = probs.copy()                                   #: error delta2 phi2
delta3[range(N), y] -= 1                                #: error delta2 phi2
delta3 /= N                                             #: error delta2
dW2 = h.T.dot(delta3)                                   #: dW2
db2 = np.sum(delta3, axis=0, keepdims=True)             #: db2
delta2 = delta3.dot(W2.T) * (1 - np.power(h, 2))        #: back1 delta1 phi1
dW1 = np.dot(X.T, delta2)                               #: dW1
db1 = np.sum(delta2, axis=0, keepdims=True)             #: db1
# update
W1 += -eta * dW1                                        #: uW1
b1 += -eta * db1                                        #: ub1
W2 += -eta * dW2                                        #: uW2
b2 += -eta * db2                                        #: ub2
""",
    (Data((4, 5, 3), 8, 21), Data((2, 4, 2), 15, 22)),
    ("tanh", "softmax"),
    "categorical_cross_entropy",
    "row",
    targets="classes",
)

LAB = Program(
    "lab classes",
    SIGMOID
    + """
# backward
def derivative_sigmoid(a):
    return a * (1 - a)                                                  #: phi*
def derivative_loss(y, y_hat):
    return -2 * (y_hat - y) / y.shape[0]                                #: error
# setup
class Layer:
    def __init__(self, w):
        self.w = w
    def forward(self, x):
        self.forward_gradient = x
        self.a = sigmoid(x @ self.w)
        return self.a
    def backward(self, derivative_C):
        # backward
        self.backward_gradient = derivative_sigmoid(self.a) * derivative_C  #: delta* phi*
        return self.backward_gradient @ self.w.T                        #: back*
    def update(self, lr):
        # update
        gradient = self.forward_gradient.T @ self.backward_gradient     #: dW*
        self.w = self.w + lr * gradient                                 #: uW*
        # setup
        self.gradient = gradient
layers = [Layer(W1), Layer(W2), Layer(W3)]
# forward
out = X
for layer in layers:
    out = layer.forward(out)
# backward
d = derivative_loss(y, out)                                             #: error
for layer in layers[::-1]:
    d = layer.backward(d)                                               #: back*
# update
for layer in layers:
    layer.update(eta)                                                   #: uW*
""",
    (Data((3, 5, 4, 1), 8, 23), Data((2, 4, 4, 1), 0, 24)),
    ("sigmoid", "sigmoid", "sigmoid"),
    "mse",
    sign=-1,
    parts=("layers[{i}].w", "layers[{i}].gradient", "", ""),
)

DENSE = Program(
    "layer objects",
    """
# setup
class Dense:
    def __init__(self, w, b):
        self.w, self.b = w, b
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b
    def backward(self, grad):
        # backward
        self.dw = self.x.T @ grad               #: dW*
        self.db = grad.sum(axis=0)              #: db*
        return grad @ self.w.T                  #: back*
        # setup
    def step(self, lr):
        # update
        self.w = self.w - lr * self.dw          #: uW*
        self.b = self.b - lr * self.db          #: ub*
        # setup
class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out
    def backward(self, grad):
        # backward
        return grad * (1 - self.out**2)         #: delta1 phi1
        # setup
    def step(self, lr):
        pass
net = [Dense(W1, b1), Tanh(), Dense(W2, b2)]
# forward
out = X
for part in net:
    out = part.forward(out)
# backward
grad = 2 * (out - y) / out.size                 #: error delta2
for part in reversed(net):
    grad = part.backward(grad)                  #: back*
# update
for part in net:
    part.step(eta)                              #: uW* ub*
""",
    (Data((3, 5, 2), 7, 25), Data((2, 4, 1), 0, 26)),
    ("tanh", "identity"),
    "mse",
    "flat",
    parts=("net[{i}*2].w", "net[{i}*2].dw", "net[{i}*2].b", "net[{i}*2].db"),
)

MOMENTUM = Program(
    "momentum",
    SIGMOID
    + """
N = len(X)
beta = 0.9
v1, v2 = np.zeros_like(W1), np.zeros_like(W2)
u1, u2 = np.zeros_like(b1), np.zeros_like(b2)
# forward
a1 = np.tanh(X @ W1 + b1)
a2 = sigmoid(a1 @ W2 + b2)
# backward
diff = a2 - y                                   #: error
d2 = diff * a2 * (1 - a2) / N                   #: delta2 phi2
d1 = (d2 @ W2.T) * (1 - a1 * a1)                #: back1 delta1 phi1
dW2 = a1.T @ d2                                 #: dW2
db2 = d2.sum(0)                                 #: db2
dW1 = X.T @ d1                                  #: dW1
db1 = d1.sum(0)                                 #: db1
# update
v1 = beta * v1 - eta * dW1                      #: uW1
u1 = beta * u1 - eta * db1                      #: ub1
v2 = beta * v2 - eta * dW2                      #: uW2
u2 = beta * u2 - eta * db2                      #: ub2
W1 = W1 + v1                                    #: uW1
b1 = b1 + u1                                    #: ub1
W2 = W2 + v2                                    #: uW2
b2 = b2 + u2                                    #: ub2
""",
    (Data((4, 5, 1), 10, 27), Data((2, 4, 1), 0, 28)),
    ("tanh", "sigmoid"),
    "mse_half",
    "flat",
)

DICTIONARY = Program(
    "dictionaries",
    SIGMOID
    + """
m = X.shape[1]
P = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
# forward
C = {"A0": X}
C["Z1"] = P["W1"] @ C["A0"] + P["b1"]
C["A1"] = np.maximum(0, C["Z1"])
C["Z2"] = P["W2"] @ C["A1"] + P["b2"]
C["A2"] = np.maximum(0, C["Z2"])
C["A3"] = sigmoid(P["W3"] @ C["A2"] + P["b3"])
# backward
G = {}                                                          #: dW* db*
dZ3 = C["A3"] - y                                               #: error delta3 phi3
G["W3"] = (1 / m) * dZ3 @ C["A2"].T                             #: dW3
G["b3"] = (1 / m) * np.sum(dZ3, axis=1, keepdims=True)          #: db3
dA2 = P["W3"].T @ dZ3                                           #: back2
dZ2 = dA2 * (C["Z2"] > 0)                                       #: delta2 phi2
G["W2"] = (1 / m) * dZ2 @ C["A1"].T                             #: dW2
G["b2"] = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)          #: db2
dA1 = P["W2"].T @ dZ2                                           #: back1
dZ1 = dA1 * (C["Z1"] > 0)                                       #: delta1 phi1
G["W1"] = (1 / m) * dZ1 @ C["A0"].T                             #: dW1
G["b1"] = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)          #: db1
# update
for key in P:
    P[key] = P[key] - eta * G[key]                              #: uW* ub*
""",
    (Data((3, 6, 5, 1), 9, 29), Data((2, 5, 4, 1), 0, 30)),
    ("relu", "relu", "sigmoid"),
    "binary_cross_entropy",
    "column",
    rows=False,
    in_out=False,
    parts=('P["W{k}"]', 'G["W{k}"]', 'P["b{k}"]', 'G["b{k}"]'),
)

LISTS = Program(
    "lists of layers",
    SIGMOID
    + """
weights = [W1, W2, W3]
grads = [None, None, None]
# forward
acts = [X]
for W in weights:
    acts.append(sigmoid(acts[-1] @ W))
# backward
delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])                      #: error delta3 phi3
for l in range(2, -1, -1):
    grads[l] = acts[l].T @ delta                                        #: dW*
    if l > 0:
        delta = (delta @ weights[l].T) * acts[l] * (1 - acts[l])        #: back* delta* phi*
# update
for l in range(3):
    weights[l] = weights[l] - eta * grads[l]                            #: uW*
""",
    (Data((3, 5, 4, 2), 6, 31), Data((2, 4, 4, 1), 0, 32)),
    ("sigmoid", "sigmoid", "sigmoid"),
    "mse_half_sum",
    parts=("weights[{i}]", "grads[{i}]", "", ""),
)

TRANSPOSED = Program(
    "weights (out, in)",
    """
# setup
n, k = y.shape
# forward
pre = X @ W1.T + b1
hid = np.tanh(pre)
out = hid @ W2.T + b2
# backward
g = (out - y) * 2 / (n * k)             #: error delta2
dW2 = g.T @ hid                         #: dW2
db2 = np.sum(g, axis=0)                 #: db2
gh = g @ W2                             #: back1
gz = gh * (1 - np.tanh(pre) ** 2)       #: delta1 phi1
dW1 = gz.T @ X                          #: dW1
db1 = np.sum(gz, axis=0)                #: db1
# update
W1 -= eta * dW1                         #: uW1
W2 -= eta * dW2                         #: uW2
b1 -= eta * db1                         #: ub1
b2 -= eta * db2                         #: ub2
""",
    (Data((4, 5, 3), 7, 33), Data((2, 4, 1), 0, 34)),
    ("tanh", "identity"),
    "mse",
    "flat",
    in_out=False,
)

SUMMED_BCE = Program(
    "cross-entropy by its parts",
    SIGMOID
    + """
# forward
z1 = X @ W1
a1 = np.maximum(z1, 0)
z2 = a1 @ W2
p = sigmoid(z2)
# backward
dp = -(y / p - (1 - y) / (1 - p))       #: error
dz2 = dp * p * (1 - p)                  #: delta2 phi2
dW2 = a1.T @ dz2                        #: dW2
da1 = dz2 @ W2.T                        #: back1
dz1 = np.where(z1 > 0, da1, 0)          #: delta1 phi1
dW1 = X.T @ dz1                         #: dW1
# update
W2 = W2 - eta * dW2                     #: uW2
W1 = W1 - eta * dW1                     #: uW1
""",
    (Data((3, 6, 1), 8, 35), Data((2, 5, 1), 0, 36)),
    ("relu", "sigmoid"),
    "binary_cross_entropy_sum",
)

NABLA = Program(
    "sums over columns",
    SIGMOID
    + """
# backward
def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))                            #: phi*
# setup
dW1, db1, dW2, db2 = (np.zeros(p.shape) for p in (W1, b1, W2, b2))
for i in range(X.shape[1]):
    x, t = X[:, i : i + 1], y[:, i : i + 1]
    # forward
    z1 = np.dot(W1, x) + b1
    a1 = sigmoid(z1)
    z2 = np.dot(W2, a1) + b2
    a2 = sigmoid(z2)
    # backward
    delta = (a2 - t) * sigmoid_prime(z2)                            #: error delta2 phi2
    db2 = db2 + delta                                               #: db2
    dW2 = dW2 + np.dot(delta, a1.transpose())                       #: dW2
    delta = np.dot(W2.transpose(), delta) * sigmoid_prime(z1)       #: back1 delta1 phi1
    db1 = db1 + delta                                               #: db1
    dW1 = dW1 + np.dot(delta, x.transpose())                        #: dW1
# update
W1 = W1 - eta * dW1                                                 #: uW1
b1 = b1 - eta * db1                                                 #: ub1
W2 = W2 - eta * dW2                                                 #: uW2
b2 = b2 - eta * db2                                                 #: ub2
""",
    (Data((3, 5, 2), 6, 37), Data((2, 4, 1), 0, 38)),
    ("sigmoid", "sigmoid"),
    "mse_half_sum",
    "column",
    rows=False,
    in_out=False,
)

MIXED = Program(
    "mixed activations",
    SIGMOID
    + """
def relu(z):
    return np.where(z > 0, z, 0)
# backward
def d_sigmoid(a):
    return a * (1 - a)              #: phi3
def d_tanh(a):
    return 1 - a**2                 #: phi1
def d_relu(z):
    return np.where(z > 0, 1, 0)    #: phi2
# setup
N = len(X)
t = y.reshape(N, 1)
# forward
z1 = X @ W1
a1 = np.tanh(z1)
z2 = a1 @ W2
a2 = relu(z2)
z3 = a2 @ W3
a3 = sigmoid(z3)
# backward
c = 2 * (a3 - t)                    #: error
g3 = c * d_sigmoid(a3)              #: delta3 phi3
g2 = (g3 @ W3.T) * d_relu(z2)       #: back2 delta2 phi2
g1 = (g2 @ W2.T) * d_tanh(a1)       #: back1 delta1 phi1
dW3 = a2.T @ g3 / N                 #: dW3
dW2 = a1.T @ g2 / N                 #: dW2
dW1 = X.T @ g1 / N                  #: dW1
# update
W1 -= eta * dW1                     #: uW1
W2 -= eta * dW2                     #: uW2
W3 -= eta * dW3                     #: uW3
""",
    (Data((3, 5, 4, 1), 9, 39), Data((2, 4, 4, 1), 0, 40)),
    ("tanh", "relu", "sigmoid"),
    "mse",
    targets="flat",
)

#: The programs, in a fixed order.
PROGRAMS = (
    ROWS,
    COLUMNS,
    RELU,
    THREE,
    SINGLE,
    EXAMPLES,
    NEURONS,
    LAST_ROW,
    FIRST_COLUMN,
    SOFTMAX,
    CLASSES,
    LAB,
    DENSE,
    MOMENTUM,
    DICTIONARY,
    LISTS,
    TRANSPOSED,
    SUMMED_BCE,
    NABLA,
    MIXED,
)
