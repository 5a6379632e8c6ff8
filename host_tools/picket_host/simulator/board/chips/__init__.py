"""Register-level models of the chips on the simulated board, written from their data sheets."""
