/* Nothing but standard output; main.c has it. */
void mp_hal_stdout_tx_strn_cooked(const char *text, size_t length);
mp_uint_t mp_hal_ticks_ms(void);
mp_uint_t mp_hal_ticks_us(void);
