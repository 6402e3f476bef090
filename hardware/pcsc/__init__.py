"""Card readers through PC/SC (pyscard, pcscd)."""
