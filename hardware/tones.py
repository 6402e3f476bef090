"""What each tone of a sounder sounds like, as a small WAV file. Pure: from a name to bytes.

Told apart by ear alone, and by those who hear no high notes: by pitch, by number and by length.
"""

import io
import math
import struct
import wave

from hardware.ports import Tone

RATE = 16000
_FADE = 0.008
"""Seconds in which a note comes and goes, so that it does not crack."""

Note = tuple[float, float]
"""Hertz (0: silence) and seconds."""

NOTES: dict[Tone, tuple[Note, ...]] = {
    Tone.CLICK: ((1200.0, 0.04),),
    Tone.BLIP: ((1760.0, 0.09),),
    Tone.CHIME: ((880.0, 0.18), (659.3, 0.32)),
    Tone.RISING: ((523.3, 0.12), (659.3, 0.12), (784.0, 0.28)),
    Tone.FALLING: ((659.3, 0.18), (440.0, 0.34)),
    Tone.LOW: ((294.0, 0.7),),
    Tone.TRIPLE: ((294.0, 0.14), (0.0, 0.1)) * 3,
    Tone.PULSING: ((587.3, 0.16), (0.0, 0.34)) * 6,
    Tone.ALARM: ((988.0, 0.25), (740.0, 0.25)) * 8,
}


def wav(tone: Tone, volume: float = 0.5) -> bytes:
    """The tone as a WAV file of one channel and 16 bits; `volume` from 0 to 1."""
    samples = [sample for note in NOTES[tone] for sample in _samples(*note, volume)]
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return written.getvalue()


def _samples(hertz: float, seconds: float, volume: float) -> list[int]:
    count, fade = round(RATE * seconds), round(RATE * _FADE)
    loudest = 32767 * min(max(volume, 0.0), 1.0)
    return [
        round(loudest * min(1.0, at / fade, (count - at) / fade) * math.sin(2 * math.pi * hertz * at / RATE))
        for at in range(count)
    ]
