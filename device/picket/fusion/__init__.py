"""Attitude from accelerometer and gyroscope; frame, signs and tuning: native_module/dsp/fusion.h.

Every filter has `update(frame)`, which takes an int16 buffer ax ay az gx gy gz, or ax ay az temperature gx gy gz, in
counts, allocates nothing, and leaves the angles in `out_cdeg`, an array of hundredths of a degree: roll, pitch.
"""
