from __future__ import annotations

import pytest

from learn.rendering.chemistry import write_out
from learn.rendering.tex import convert


@pytest.mark.parametrize(
    ("chemistry", "text"),
    [
        ("H2O", "H₂O"),
        ("2 H2 + O2 -> 2 H2O", "2 H₂ + O₂ → 2 H₂O"),
        ("2H2O", "2 H₂O"),
        ("SO4^2-", "SO₄²⁻"),
        ("CrO4^{2-}", "CrO₄²⁻"),
        ("[Fe(CN)6]^4-", "[Fe(CN)₆]⁴⁻"),
        ("Na+ + Cl- -> NaCl v", "Na⁺ + Cl⁻ → NaCl ↓"),
        ("CO2 ^", "CO₂↑"),
        ("^{227}_{90}Th+", "₉₀²²⁷Th⁺"),
        ("(NH4)2SO4", "(NH₄)₂SO₄"),
        ("1/2 O2", "1/2 O₂"),
        ("CuSO4*5H2O", "CuSO₄ ⋅ 5 H₂O"),
        ("CuSO4.5H2O", "CuSO₄ ⋅ 5 H₂O"),
        ("A <=>[H+][heat] B", "A ⇌[H⁺; heat] B"),
        ("CH3-CH2-OH", "CH₃−CH₂−OH"),
        ("C#N", "C≡N"),
        ("R-C(=O)-OH", "R−C(=O)−OH"),
        ("H+(aq) + OH- (aq)", "H⁺ (aq) + OH⁻ (aq)"),
        ("C_nH_{2n+2}", "CₙH₂ₙ₊₂"),
        ("Fe^{III}", "Fe^III"),
        (r"\frac12 O2", "1/2 O₂"),
        (r"\frac{1}{2} O2", "1/2 O₂"),
        (r"$\alpha$-D-glucose", "α−D−glucose"),
        ("e-", "e⁻"),
        ("Cl^x_{Cl}", "Cl_Cl^×"),
        ("A <=>> B", "A ⇀[↽] B"),
        ("A <<=> B", "A ↽[⇀] B"),
        ("", ""),
    ],
)
def test_ce(chemistry: str, text: str) -> None:
    assert convert(rf"\ce{{{chemistry}}}", is_display=False).text == text


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("123 kJ/mol", "123 kJ/mol"),
        ("8.314 J mol-1 K-1", "8.314 J mol⁻¹ K⁻¹"),
        ("1.2e3 m s^-2", "1.2 ⋅ 10³ m s⁻²"),
        ("1.2E3 kJ", "1.2 × 10³ kJ"),
        ("1.2 x 10^{-3} kJ", "1.2 × 10⁻³ kJ"),
        ("1.2*10^3 kJ", "1.2 ⋅ 10³ kJ"),
    ],
)
def test_pu(quantity: str, text: str) -> None:
    assert convert(rf"\pu{{{quantity}}}", is_display=False).text == text


def test_what_stands_around_chemistry_is_untouched() -> None:
    assert write_out(r"x = \ce{H2} + \frac{a}{b}") == r"x = {\mathrm{H}_{2}} + \frac{a}{b}"
    assert write_out(r"\ce{H2") == r"{\mathrm{H}_{2}}"
