/** Longest name in bytes of UTF-8, as the kernel has it (`linux/limits.h`). */
export const NAME_MAX_BYTES = 255;
/** Longest target of a link in bytes of UTF-8: the kernel gives it one page, with a NUL after it. */
export const LINK_MAX_BYTES = 4095;
