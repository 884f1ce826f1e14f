"""Write mathematics with numbers as MathML, since the build can only typeset the LaTeX of the pages."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

#: One number for each example.
Values: TypeAlias = Sequence[float] | np.ndarray

#: An invisible element that makes all lines equally high.
STRUT = '<mspace width="0" height="0.8em" depth="0.25em"/>'

#: The largest number of terms that stand on one line of a sum.
TERMS = 3


def digits(value: float, precision: int = 4) -> str:
    """Write a number with a few significant digits and a proper minus.

    Args:
        value: the number.
        precision: how many digits.

    Returns:
        The text, with a power of ten as in "1.2e−7" where it is very large or very small.

    Examples:
        >>> from backprop.live.mathml import digits
        >>> digits(-0.123456), digits(0.5), digits(1e-7), digits(0.0), digits(float("inf"))
        ('−0.1235', '0.5', '1e−7', '0', '∞')
    """
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{precision}g}"
    if "e" in text:
        mantissa, _, power = text.partition("e")
        text = f"{mantissa}e{int(power)}"
    return "0" if text == "-0" else text.replace("-", "−")


def number(value: float, kind: str = "") -> str:
    """Write a number, with the minus of a negative one close to its digits.

    Args:
        value: the number.
        kind: "forward" or "backward", which colours it, or "".

    Returns:
        MathML.
    """
    mantissa, _, power = digits(float(value)).partition("e")
    sign, mantissa = ("−", mantissa[1:]) if mantissa.startswith("−") else ("", mantissa)
    minus = '<mo form="prefix" lspace="0" rspace="0">−</mo>'
    text = (minus if sign else "") + f"<mn>{mantissa}</mn>"
    if power:
        raised = (minus if power.startswith("−") else "") + f"<mn>{power.lstrip('−')}</mn>"
        text += f"{times()}<msup><mn>10</mn><mrow>{raised}</mrow></msup>"
    return row(text, kind)


def numbers(values: Values, kind: str = "") -> str:
    """Write one number; for a column with one number for each example, write the first two and the last.

    Args:
        values: the numbers.
        kind: as for `number`.

    Returns:
        MathML.
    """
    if len(values) == 1:
        return number(values[0], kind)
    ends = [number(value) for value in (*values[:2], values[-1])]
    return row(fenced(f"{ends[0]}{comma()}{ends[1]}{comma()}<mo>…</mo>{comma()}{ends[2]}"), kind)


def factor(values: Values, kind: str = "") -> str:
    """Write a factor of a product, in brackets if it is negative or has a power of ten."""
    text = numbers(values, kind)
    plain = len(values) > 1 or digits(float(values[0])).replace(".", "").isdigit()
    return text if plain else fenced(text)


def row(content: str, kind: str = "") -> str:
    """Group the content, in an element with a class if there is one."""
    return f'<mrow class="{kind}">{content}</mrow>' if kind else f"<mrow>{content}</mrow>"


def opened(mark: str) -> str:
    """Write an opening bracket."""
    return f'<mo form="prefix" stretchy="false">{mark}</mo>'


def closed(mark: str) -> str:
    """Write a closing bracket."""
    return f'<mo form="postfix" stretchy="false">{mark}</mo>'


def fenced(content: str, marks: str = "()") -> str:
    """Put the content in brackets."""
    return f"{opened(marks[0])}{content}{closed(marks[1])}"


def comma() -> str:
    """Write a comma that separates two arguments."""
    return '<mo separator="true">,</mo>'


def times(whole: bool = False) -> str:
    """Write the multiplication sign: a dot for numbers, or the element-wise product for columns."""
    return f'<mo lspace="0.2222em" rspace="0.2222em">{"⊙" if whole else "⋅"}</mo>'


def equals() -> str:
    """Write an equals sign."""
    return "<mo>=</mo>"


def symbol(letter: str, index: str = "") -> str:
    """Write a symbol such as z₃; "ŷ" is a y with its hat, and "φ′" has its prime beside it."""
    base = f"<mi>{letter}</mi>"
    if letter == "ŷ":
        base = '<mover accent="true"><mi>y</mi><mo stretchy="false">ˆ</mo></mover>'
    elif letter.endswith("′"):
        base = f'<mrow><mi>{letter[:-1]}</mi><mo lspace="0" rspace="0">′</mo></mrow>'
    return f"<msub>{base}<mn>{index}</mn></msub>" if index else base


def derivative(of: str, by: str) -> str:
    """Write the partial derivative of a letter with respect to another symbol."""
    return f"<mfrac><mrow><mi>∂</mi><mi>{of}</mi></mrow><mrow><mi>∂</mi>{by}</mrow></mfrac>"


def call(name: str, argument: str) -> str:
    """Write a function with its argument."""
    return f'{symbol(name)}<mo lspace="0" rspace="0">&#8289;</mo>{fenced(argument)}'


def total(terms: Sequence[str], most: int = TERMS) -> list[str]:
    """Add terms, in lines that are short enough for a narrow window.

    Args:
        terms: MathML.
        most: how many stand on one line.

    Returns:
        The lines.
    """
    plus = '<mo form="infix">+</mo>'
    lines = [plus.join(terms[i : i + most]) for i in range(0, len(terms), most)]
    return [lines[0], *(f'<mspace width="1.1em"/>{plus}{line}' for line in lines[1:])]


def aligned(rows: Iterable[tuple[str, str]]) -> str:
    """Set equations below each other, aligned at their equals signs.

    Args:
        rows: for each, what stands to the left of the equals sign, and the rest, with the sign if there is one.

    Returns:
        A math element.
    """
    lines = "".join(
        f'<mtr><mtd class="left">{left}</mtd><mtd class="right">{STRUT}{right}</mtd></mtr>' for left, right in rows
    )
    return f'<math display="block"><mtable displaystyle="true" scriptlevel="0" class="steps">{lines}</mtable></math>'
