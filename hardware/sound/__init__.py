"""Loudspeakers, and the sounds of which a sounder is made where there is no buzzer."""
