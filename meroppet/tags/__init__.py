"""What is written on RFID tags, read from their bytes. Pure: no reader, no library system."""
