r"""How a layer's weights and biases are scaled with its fan-in and fan-out.

An affine layer computes $z = h\,(m_w w) + m_b b$ with trained $w \sim \mathcal N(0, s_w^2)$,
$b \sim \mathcal N(0, s_b^2)$. The multipliers $m$ act like learning rates per layer: the tangent kernel is weighted by
$m^2$. With fan-in $f_i$ and fan-out $f_o$:

| name | $m_w$ | $s_w$ | $m_b$ | $s_b$ | source |
|---|---|---|---|---|---|
| ntk | $\sigma_w/\sqrt{f_i}$ | 1 | $\sigma_b$ | 1 | Jacot, Gabriel & Hongler 2018, §2 |
| standard | 1 | $\sigma_w/\sqrt{f_i}$ | 1 | $\sigma_b$ | LeCun initialisation |
| mup | $\sqrt{f_o/f_i}$ | $\sigma_w/\sqrt{f_i}\;\min(1, \sqrt{f_o/f_i})/m_w$ | $\sqrt{f_o}$ | $\sigma_b/\sqrt{f_o}$ | Yang, Simon & Bernstein 2023 (arXiv:2310.17813), parametrisation 1 |

The last is the maximal-update parametrisation in the form that one learning rate serves every layer: gradient descent
on $w$ with multiplier $m_w$ is gradient descent on the effective weights with a rate $\propto m_w^2 = f_o/f_i$.
"""  # noqa: E501

from typing import Literal, NamedTuple, get_args

Parametrisation = Literal["ntk", "standard", "mup"]
PARAMETRISATIONS: tuple[str, ...] = get_args(Parametrisation)


class LayerScales(NamedTuple):
    """Multipliers and initial standard deviations of one layer, as in the module's table."""

    weight_multiplier: float
    weight_deviation: float
    bias_multiplier: float
    bias_deviation: float


def layer_scales(
    parametrisation: str, fan_in: int, fan_out: int, weight_scale: float, bias_scale: float
) -> LayerScales:
    r"""The scales of a layer; `weight_scale` is $\sigma_w$, `bias_scale` $\sigma_b$."""
    if parametrisation == "ntk":
        return LayerScales(weight_scale / fan_in**0.5, 1.0, bias_scale, 1.0)
    if parametrisation == "standard":
        return LayerScales(1.0, weight_scale / fan_in**0.5, 1.0, bias_scale)
    if parametrisation == "mup":
        multiplier = (fan_out / fan_in) ** 0.5
        deviation = weight_scale / fan_in**0.5 * min(1.0, multiplier) / multiplier
        return LayerScales(multiplier, deviation, fan_out**0.5, bias_scale / fan_out**0.5)
    raise ValueError(f"`parametrisation` is {parametrisation!r}; allowed: {', '.join(PARAMETRISATIONS)}.")
