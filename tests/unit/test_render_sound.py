"""What is heard: as loud, as long and when it is planned."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.render import plan, sound, tone, write_wav
from workers.providers.render.hearing import sound as mixing
from workers.providers.render.hearing.limiter import CEILING, limited
from workers.providers.render.meaning.curves import Curve, Tween
from workers.providers.render.meaning.script import Plan
from workers.providers.render.parts import SAMPLE_RATE, Samples


def heard(one: Plan, **files: Path) -> Samples:
    return np.concatenate(list(mixing.blocks(one, files)))


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def pitch(samples: Samples) -> float:
    """Return the loudest frequency in hertz."""
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


@pytest.fixture
def low(tmp_path: Path) -> Path:
    """Two seconds of 440 hertz."""
    return write_wav(tmp_path / "low.wav", tone(2.0, level=0.3))


@pytest.fixture
def high(tmp_path: Path) -> Path:
    """Two seconds of 1,000 hertz."""
    return write_wav(tmp_path / "high.wav", tone(2.0, hertz=1000.0, level=0.2))


def test_silence_is_as_long_as_the_plan_to_the_sample() -> None:
    found = list(mixing.blocks(plan(length=Fraction(100_001, 40_000)), {}))

    assert [len(one) for one in found] == [48_000, 48_000, 24_002]
    assert not np.concatenate(found).any()


def test_sounds_are_added_and_not_halved(low: Path, high: Path) -> None:
    both = plan(length=2, sounds=[sound("low", length=2), sound("high", length=2)])

    assert rms(heard(both, low=low, high=high)) == pytest.approx(
        np.hypot(0.3, 0.2) / np.sqrt(2), rel=1e-3
    )


def test_a_sound_begins_and_ends_on_its_sample(low: Path) -> None:
    one = plan(length=3, sounds=[sound("low", start=Fraction(3, 4), length=1)])

    found = heard(one, low=low)

    expected = np.zeros((3 * SAMPLE_RATE, 2), np.float32)
    expected[36_000:84_000] = tone(1.0, level=0.3)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_is_shorter_than_its_clip_is_silent_afterwards(low: Path) -> None:
    found = heard(plan(length=4, sounds=[sound("low", length=4)]), low=low)

    assert rms(found[: 2 * SAMPLE_RATE]) == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)
    assert not found[2 * SAMPLE_RATE :].any()


def test_fades_and_volumes_are_exact_to_the_sample(low: Path) -> None:
    volume = Curve(1.0, (Tween(first=0.2, last=1.0, start=0.5, length=1.0),))
    one = sound("low", length=2, volume=volume, fade_in=0.25, fade_out=0.5)

    found = heard(plan(length=2, sounds=[one]), low=low)

    at = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    level = np.interp(at, [0, 0.5, 1.5, 2], [0.2, 0.2, 1, 1])
    level *= np.clip(at / 0.25, 0, 1) * np.clip((2 - at) / 0.5, 0, 1)
    np.testing.assert_allclose(found, tone(2.0, level=0.3) * level[:, None], atol=1e-6)


@pytest.mark.parametrize("speed", [Fraction(1, 4), Fraction(1, 2), Fraction(3, 2), 2, 5])
def test_another_speed_changes_the_time_and_not_the_pitch(low: Path, speed: Any) -> None:
    length = 2 / Fraction(speed)

    found = heard(plan(length=9, sounds=[sound("low", length=9, speed=speed)]), low=low)

    sounding = np.flatnonzero(np.abs(found[:, 0]) > 0.05)
    assert sounding[-1] / SAMPLE_RATE == pytest.approx(float(length), rel=0.03)
    middle = found[: round(length * SAMPLE_RATE)]
    assert pitch(middle) == pytest.approx(440, abs=4)
    assert rms(middle) == pytest.approx(0.3 / np.sqrt(2), rel=0.03)


def test_a_trim_begins_amid_the_source(tmp_path: Path) -> None:
    steps = np.repeat(np.linspace(0.1, 0.8, 8), SAMPLE_RATE // 4)[:, None].astype(np.float32)
    source = write_wav(tmp_path / "steps.wav", np.repeat(steps, 2, axis=1))

    for trim in (Fraction(3, 10), Fraction(3, 2)):
        found = heard(plan(sounds=[sound("steps", trim=trim, length="1/10")]), steps=source)
        begin = int(trim * SAMPLE_RATE)
        np.testing.assert_allclose(found[:4800, 0], steps[begin : begin + 4800, 0], atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_one_channel_is_as_loud_as_two(tmp_path: Path, channels: int) -> None:
    source = write_wav(tmp_path / "a.wav", tone(1.0, level=0.4, channels=channels))

    found = heard(plan(sounds=[sound("a")]), a=source)

    assert rms(found[:, 0]) == rms(found[:, 1]) == pytest.approx(0.4 / np.sqrt(2), rel=1e-3)


def test_another_rate_is_brought_to_48_khz(tmp_path: Path) -> None:
    at = np.arange(22_050) / 22_050
    wave = (0.4 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)[:, None]
    source = write_wav(tmp_path / "a.wav", wave, rate=22_050)

    found = heard(plan(sounds=[sound("a")]), a=source)

    assert pitch(found) == pytest.approx(440, abs=1)
    assert rms(found) == pytest.approx(0.4 / np.sqrt(2), rel=0.01)


def test_what_is_too_loud_together_is_turned_down_in_time_and_the_rest_is_left(
    tmp_path: Path,
) -> None:
    source = write_wav(tmp_path / "a.wav", tone(6.0, level=0.7))
    burst = [sound("a", start=Fraction(5, 2), length=Fraction(1, 2)) for _ in range(3)]

    found = heard(plan(length=6, sounds=[sound("a", length=6), *burst]), a=source)

    assert np.abs(found).max() <= CEILING + 1e-6
    calm, late = found[: 2 * SAMPLE_RATE], found[5 * SAMPLE_RATE :]
    np.testing.assert_array_equal(calm, tone(6.0, level=0.7)[: len(calm)])
    np.testing.assert_array_equal(late, tone(6.0, level=0.7)[-len(late) :])
    # No step in the level, however suddenly it comes.
    assert np.abs(np.diff(np.abs(found[:, 0]))).max() < 0.2


def test_a_peak_at_the_border_of_two_blocks_is_caught_before_it_comes() -> None:
    quiet = np.full((SAMPLE_RATE, 2), 0.5, np.float32)
    loud = np.full((SAMPLE_RATE, 2), 2.0, np.float32)

    first, second = limited([quiet, loud])

    assert np.abs(second).max() <= CEILING + 1e-6
    assert first[-1, 0] < 0.5 * CEILING
    assert first[0, 0] == 0.5
