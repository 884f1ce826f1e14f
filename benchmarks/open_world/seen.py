"""Programs and changes that were held out once, and are not any more.

The diagnosis was measured with them, and what they showed has been mended by kinds. So they may be read.
"""

import ast
import functools
from collections.abc import Iterator

from benchmarks.open_world.mutate import Mutant, Walk, distinct, head, nodes, put
from benchmarks.open_world.programs import Data, Program

LOGISTIC = Program(
    "logistic regression",
    """
# setup
w, b = W1, b1
m = y.size
# forward
prediction = 1.0 / (1.0 + np.exp(-(X @ w + b)))
# backward
residual = prediction - y                       #: error delta1 phi1
grad_w = (X.T @ residual) / m                   #: dW1
grad_b = residual.mean()                        #: db1
# update
w = w - eta * grad_w                            #: uW1
b = b - eta * grad_b                            #: ub1
# setup
grad_b = np.reshape(grad_b, -1)
""",
    (Data((4, 1), 9, 101), Data((2, 1), 0, 102)),
    ("sigmoid",),
    "binary_cross_entropy",
    "flat",
    parts=("w", "grad_w", "b", "grad_b"),
)

TAPE = Program(
    "a tape of closures",
    """
# setup
tape, grads = [], {}
def affine(x, W, b, name):
    def backward(g):
        # backward
        grads["W" + name] = np.einsum("ni,no->io", x, g)        #: dW*
        grads["b" + name] = np.einsum("no->o", g)               #: db*
        return np.einsum("no,io->ni", g, W)                     #: back*
        # setup
    tape.append(backward)
    return x @ W + b
def tanh(x):
    out = np.tanh(x)
    def backward(g):
        # backward
        return g * (1.0 - out * out)                            #: delta1 phi1
        # setup
    tape.append(backward)
    return out
def sigmoid(x):
    out = 0.5 * (1 + np.tanh(x / 2))
    def backward(g):
        # backward
        return g * out * (1.0 - out)                            #: delta2 phi2
        # setup
    tape.append(backward)
    return out
# forward
y_hat = sigmoid(affine(tanh(affine(X, W1, b1, "1")), W2, b2, "2"))
# backward
upstream = 2.0 * (y_hat - y)                                    #: error
for backward in reversed(tape):
    upstream = backward(upstream)                               #: back* delta*
# update
W1 = W1 - eta * grads["W1"]                                     #: uW1
W2 = W2 - eta * grads["W2"]                                     #: uW2
b1 = b1 - eta * grads["b1"]                                     #: ub1
b2 = b2 - eta * grads["b2"]                                     #: ub2
""",
    (Data((3, 6, 2), 8, 103), Data((2, 4, 1), 0, 104)),
    ("tanh", "sigmoid"),
    "mse_sum",
    "flat",
    parts=("W{k}", 'grads["W{k}"]', "b{k}", 'grads["b{k}"]'),
)

DEEP = Program(
    "four layers",
    """
# setup
Ws, bs = [W1, W2, W3, W4], [b1, b2, b3, b4]
N = X.shape[0]
# forward
hs = [X]
for W, b in zip(Ws[:-1], bs[:-1]):
    hs.append(np.tanh(hs[-1] @ W + b))
out = hs[-1] @ Ws[-1] + bs[-1]
# backward
dWs, dbs = [], []                                       #: dW* db*
g = (out - y) / N                                       #: error delta4
for W, h in zip(reversed(Ws), reversed(hs)):
    dWs.insert(0, h.T @ g)                              #: dW*
    dbs.insert(0, np.ones((1, N)) @ g)                  #: db*
    g = g @ W.T                                         #: back*
    g = g - g * h * h                                   #: delta1 delta2 delta3 phi1 phi2 phi3
# update
Ws = [W - eta * dW for W, dW in zip(Ws, dWs)]           #: uW*
bs = [b - eta * db for b, db in zip(bs, dbs)]           #: ub*
""",
    (Data((3, 6, 5, 4, 1), 7, 105), Data((2, 4, 4, 4, 1), 0, 106)),
    ("tanh", "tanh", "tanh", "identity"),
    "mse_half",
    "row",
    parts=("Ws[{i}]", "dWs[{i}]", "bs[{i}]", "dbs[{i}]"),
)

LABELS = Program(
    "softmax over columns, in loops",
    """
# setup
C, N = W2.shape[0], X.shape[1]
A = np.zeros((W1.shape[0], N))
S = np.zeros((C, N))
# forward
for n in range(N):
    A[:, n] = np.maximum(0, W1 @ X[:, n])
    s = W2 @ A[:, n]
    e = np.exp(s - s.max())
    S[:, n] = e / e.sum()
# backward
dW1, dW2 = 0 * W1, 0 * W2                                       #: dW1 dW2
for n in range(N):
    for c in range(C):
        d = S[c, n] - y[c, n]                                   #: error delta2 phi2
        dW2[c] += d * A[:, n] / N                               #: dW2
        for h in range(W2.shape[1]):
            if A[h, n] > 0:
                dW1[h] += d * W2[c, h] * X[:, n] / N            #: back1 delta1 phi1 dW1
# update
W1 -= eta * dW1                                                 #: uW1
W2 -= eta * dW2                                                 #: uW2
""",
    (Data((3, 5, 4), 6, 107), Data((4, 6, 2), 9, 108)),
    ("relu", "softmax"),
    "categorical_cross_entropy",
    rows=False,
    in_out=False,
)

HALVES = Program(
    "two halves of a batch",
    """
# setup
def sigma(z):
    return 1 / (1 + np.exp(-z))
half = len(X) // 2
gW1, gb1, gW2, gb2 = (np.zeros_like(p) for p in (W1, b1, W2, b2))
for xs, ts in ((X[:half], y[:half]), (X[half:], y[half:])):
    # forward
    u = sigma(xs @ W1.T + b1)
    v = sigma(u @ W2.T + b2)
    # backward
    dv = (v - ts) * v * (1 - v)                                 #: error delta2 phi2
    du = (dv @ W2) * u * (1 - u)                                #: back1 delta1 phi1
    gW2 += 2 * dv.T @ u / y.size                                #: dW2
    gb2 += 2 * dv.sum(axis=0) / y.size                          #: db2
    gW1 += 2 * du.T @ xs / y.size                               #: dW1
    gb1 += 2 * du.sum(axis=0) / y.size                          #: db1
# update
for p, g in ((W1, gW1), (b1, gb1), (W2, gW2), (b2, gb2)):
    p -= eta * g                                                #: uW* ub*
""",
    (Data((4, 5, 2), 8, 109), Data((2, 5, 1), 0, 110)),
    ("sigmoid", "sigmoid"),
    "mse",
    "flat",
    in_out=False,
    parts=("W{k}", "gW{k}", "b{k}", "gb{k}"),
)

VECTOR = Program(
    "one example, in lists",
    """
# setup
n0, n1, n2, n3 = W1.shape[0], W1.shape[1], W2.shape[1], W3.shape[1]
# forward
f = [max(0.0, b1[j] + sum(X[i] * W1[i][j] for i in range(n0))) for j in range(n1)]
g = [np.tanh(b2[k] + sum(f[j] * W2[j][k] for j in range(n1))) for k in range(n2)]
o = [b3[q] + sum(g[k] * W3[k][q] for k in range(n2)) for q in range(n3)]
# backward
eo = [o[q] - y[q] for q in range(n3)]                                                       #: error delta3
eg = [(1 - g[k] ** 2) * sum(W3[k][q] * eo[q] for q in range(n3)) for k in range(n2)]        #: back2 delta2 phi2
ef = [(f[j] > 0) * sum(W2[j][k] * eg[k] for k in range(n2)) for j in range(n1)]             #: back1 delta1 phi1
dW3 = [[g[k] * eo[q] for q in range(n3)] for k in range(n2)]                                #: dW3
dW2 = [[f[j] * eg[k] for k in range(n2)] for j in range(n1)]                                #: dW2
dW1 = [[X[i] * ef[j] for j in range(n1)] for i in range(n0)]                                #: dW1
db3, db2, db1 = eo, eg, ef                                                                  #: db3 db2 db1
# update
for W, dW in ((W1, dW1), (W2, dW2), (W3, dW3)):
    W -= eta * np.array(dW)                                                                 #: uW*
for b, db in ((b1, db1), (b2, db2), (b3, db3)):
    b -= eta * np.array(db)                                                                 #: ub*
""",
    (Data((3, 5, 4, 2), 1, 111), Data((4, 6, 3, 2), 1, 112)),
    ("relu", "tanh", "identity"),
    "mse_half_sum",
    "flat",
    single=True,
)

FLAT = Program(
    "all parameters in one vector",
    """
# setup
shapes = [W1.shape, b1.shape, W2.shape, b2.shape, W3.shape, b3.shape]
ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
def parts(vector):
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes)]
theta = np.concatenate([p.ravel() for p in (W1, b1, W2, b2, W3, b3)])
# forward
w1, c1, w2, c2, w3, c3 = parts(theta)
p1 = np.tanh(X @ w1 + c1)
p2 = np.tanh(p1 @ w2 + c2)
p3 = 1 / (1 + np.exp(-p2 @ w3 - c3))
# backward
e3 = (p3 - y) / len(X)                                          #: error delta3 phi3
e2 = (e3 @ w3.T) * (1 - p2 ** 2)                                #: back2 delta2 phi2
e1 = (e2 @ w2.T) * (1 - p1 ** 2)                                #: back1 delta1 phi1
slope = np.zeros_like(theta)                                    #: dW1 db1 dW2 db2 dW3 db3
slope[:ends[0]] = (X.T @ e1).ravel()                            #: dW1
slope[ends[0]:ends[1]] = e1.sum(axis=0)                         #: db1
slope[ends[1]:ends[2]] = (p1.T @ e2).ravel()                    #: dW2
slope[ends[2]:ends[3]] = e2.sum(axis=0)                         #: db2
slope[ends[3]:ends[4]] = (p2.T @ e3).ravel()                    #: dW3
slope[ends[4]:] = e3.sum(axis=0)                                #: db3
# update
theta = theta - eta * slope                                     #: uW* ub*
# setup
new, slopes = parts(theta), parts(slope)
""",
    (Data((3, 5, 4, 1), 12, 201), Data((2, 4, 4, 1), 0, 202)),
    ("tanh", "tanh", "sigmoid"),
    "binary_cross_entropy",
    "flat",
    parts=("new[2 * {i}]", "slopes[2 * {i}]", "new[2 * {i} + 1]", "slopes[2 * {i} + 1]"),
)

RECURSIVE = Program(
    "a recursion over the layers",
    """
# setup
U, dU, B, dB = {1: W1, 2: W2, 3: W3}, {}, {1: b1, 2: b2, 3: b3}, {}
def descend(k, a):
    # forward
    h = 1 / (1 + np.exp(-(U[k].T @ a + B[k])))
    # backward
    if k == 3:
        back = (h - y) / y.shape[1]                             #: error
    else:
        back = descend(k + 1, h)                                #: back1 back2
    d = back * h * (1 - h)                                      #: delta* phi*
    dU[k] = a @ d.T                                             #: dW*
    dB[k] = np.sum(d, axis=1, keepdims=True)                    #: db*
    return U[k] @ d                                             #: back1 back2
# backward
descend(1, X)                                                   #: delta*
# update
for k in (1, 2, 3):
    U[k] = U[k] - eta * dU[k]                                   #: uW*
    B[k] = B[k] - eta * dB[k]                                   #: ub*
""",
    (Data((3, 5, 4, 1), 9, 203), Data((2, 4, 4, 1), 0, 204)),
    ("sigmoid", "sigmoid", "sigmoid"),
    "mse_half",
    "column",
    rows=False,
    in_out=True,
    parts=("U[{k}]", "dU[{k}]", "B[{k}]", "dB[{k}]"),
)

BRIER = Program(
    "squares of a softmax",
    """
# setup
cache = {}
# forward
cache["h"] = np.maximum(X @ W1, 0)
cache["s"] = cache["h"] @ W2
cache["s"] = np.exp(cache["s"] - cache["s"].max(axis=1, keepdims=True))
cache["q"] = cache["s"] / cache["s"].sum(axis=1, keepdims=True)
# backward
g = {"q": 2 * (cache["q"] - y)}                                                 #: error
g["s"] = np.zeros_like(g["q"])                                                  #: delta2 phi2
for n, q in enumerate(cache["q"]):
    g["s"][n] = (np.diag(q) - np.outer(q, q)) @ g["q"][n]                       #: delta2 phi2
g["W2"] = cache["h"].T @ g["s"]                                                 #: dW2
g["h"] = g["s"] @ W2.T                                                          #: back1
g["z"] = np.where(cache["h"] > 0, g["h"], 0)                                    #: delta1 phi1
g["W1"] = X.T @ g["z"]                                                          #: dW1
# update
W1 -= eta * g["W1"]                                                             #: uW1
W2 -= eta * g["W2"]                                                             #: uW2
""",
    (Data((4, 6, 3), 8, 205), Data((3, 5, 4), 11, 206)),
    ("relu", "softmax"),
    "mse_sum",
    parts=("W{k}", 'g["W{k}"]', "", ""),
)

ASCENT = Program(
    "a step up the likelihood",
    """
# setup
params = [[W1, b1], [W2, b2]]
# forward
(A, a), (C, c) = params
pre = X @ A.T + a
act = np.where(pre > 0, pre, 0.0)
odds = np.exp(act @ C.T + c)
# backward
pull = y - odds / (1 + odds)                                    #: error delta2 phi2
pull = pull / pull.size                                         #: error delta2 phi2
push = pull.dot(C)                                              #: back1
push[pre <= 0] = 0                                              #: delta1 phi1
first = np.zeros_like(A)                                        #: dW1
for j, i in np.ndindex(*A.shape):
    first[j, i] = np.sum(push[:, j] * X[:, i])                  #: dW1
grads = [[first, push.sum(0)], [pull.T.dot(act), pull.sum(0)]]  #: dW1 db1 dW2 db2
# update
for pair, more in zip(params, grads):
    for i in range(2):
        pair[i] = pair[i] + eta * more[i]                       #: uW* ub*
""",
    (Data((3, 6, 2), 10, 207), Data((2, 5, 1), 0, 208)),
    ("relu", "sigmoid"),
    "binary_cross_entropy",
    "flat",
    in_out=False,
    sign=-1,
    parts=("params[{i}][0]", "grads[{i}][0]", "params[{i}][1]", "grads[{i}][1]"),
)

#: The programs, in the order in which they were held out.
PROGRAMS = (LOGISTIC, TAPE, DEEP, LABELS, HALVES, VECTOR, FLAT, RECURSIVE, BRIER, ASCENT)

#: What an expression is changed to; it takes the place of `it_`.
_WRITTEN = (
    ("wrapped", "np.abs(it_)"),
    ("wrapped", "np.square(it_)"),
    ("wrapped", "np.sign(it_)"),
    ("wrapped", "np.clip(it_, -0.1, 0.1)"),
    ("scaled", "2 * it_"),
    ("scaled", "it_ / 2"),
    ("scaled", "it_ / len(it_)"),
    ("scaled", "it_ * len(it_)"),
    ("reversed", "it_[::-1]"),
    ("reversed", "np.roll(it_, 1, axis=0)"),
    ("forgotten", "np.ones_like(it_)"),
    ("forgotten", "np.zeros_like(it_)"),
    ("averaged", "it_ - it_.mean()"),
    ("averaged", "np.zeros_like(it_) + it_.mean(axis=0)"),
    ("shifted", "it_ + 0.01"),
)


class _Other(Walk):
    """Other changes: lines written twice or moved far, loops cut short, expressions wrapped, a term added."""

    def _left_out(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        statement = body[i]
        text = ast.unparse(statement)
        if len(text.splitlines()) == 1 and not isinstance(statement, ast.Return):
            body.insert(i, statement)
            yield self._made("line written twice", statement, text, f"{text}; {text}")
            del body[i]
        if isinstance(statement, ast.For):
            statement.body.append(ast.copy_location(ast.Break(), statement))
            yield self._made("loop cut short", statement, head(statement), f"{head(statement)} … break")
            statement.body.pop()

    def _swapped(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Move a line down by three or four."""
        for j in (i + 3, i + 4):
            if j < len(body) and all(self.region[s.lineno] in ("backward", "update") for s in body[i : j + 1]):
                statement = body.pop(i)
                body.insert(j, statement)
                words, above = ast.unparse(statement), ast.unparse(body[j - 1])
                yield self._made("line moved", statement, words, f"{words} (moved below {above})", body[j - 1])
                body.insert(i, body.pop(j))

    def _assigned(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Change nothing: `mutate` does this."""
        yield from ()

    def _expressions(self, statement: ast.stmt, scope: str) -> Iterator[Mutant]:
        original = head(statement)
        local = {**self.kinds["<module>"], **self.kinds.get(scope, {})}
        for parent, field, index, node in list(nodes(statement)):
            if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                continue
            whole = field == "value" and isinstance(parent, ast.Assign | ast.AugAssign | ast.Return)
            named = self._kind(node, scope) == "array"
            written: list[tuple[str, str]] = list(_WRITTEN) if whole or named else []
            if whole:
                weights = [name for name, kind in local.items() if kind == "array" and name[0] in "Ww"]
                written += [("term added", f"it_ + 0.1 * {name}") for name in weights]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
                written += [("loop cut short", f"range({ast.unparse(node.args[0])} - 1)")]
                written += [("loop cut short", f"range(1, {ast.unparse(node.args[0])})")]
            for operator, text in written:
                new = _Filled(node).visit(ast.parse(text, mode="eval").body)
                put(parent, field, index, new)
                ast.fix_missing_locations(parent)
                yield self._made(operator, statement, original, head(statement))
                put(parent, field, index, node)


class _Filled(ast.NodeTransformer):
    """Puts an expression in the place of `it_`."""

    def __init__(self, node: ast.expr) -> None:
        self.node = node

    def visit_Name(self, name: ast.Name) -> ast.AST:
        """Replace the name."""
        return self.node if name.id == "it_" else name


@functools.cache
def mutants(program: Program) -> list[Mutant]:
    """List every changed version of a program, each once.

    Args:
        program: the program.

    Returns:
        The changed versions, always in the same order.
    """
    return distinct(_Other(program))
