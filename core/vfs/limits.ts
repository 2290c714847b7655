/** Longest name in bytes of UTF-8, as the kernel has it (`linux/limits.h`). */
export const NAME_MAX_BYTES = 255;
