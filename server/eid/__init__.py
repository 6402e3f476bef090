"""Electronic identification: one port, a driver for each e-ID, and a stand-in that speaks BankID's own protocol."""
