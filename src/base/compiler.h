/* The only home of compiler extensions. */
#ifndef INGLE_BASE_COMPILER_H
#define INGLE_BASE_COMPILER_H

#define BASE_NODISCARD __attribute__((warn_unused_result))
#define BASE_PRINTF(fmt_arg, first_arg) __attribute__((format(printf, fmt_arg, first_arg)))
#define BASE_ALWAYS_INLINE static inline __attribute__((always_inline))
#define BASE_LIKELY(x) __builtin_expect(!!(x), 1)
#define BASE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BASE_RESTRICT __restrict__

/* Before a loop of at most 8 turns, known at compile time: all are written out. A number means
 * other things to clang, and no number is unknown to gcc. */
#ifdef __clang__
#define BASE_UNROLL _Pragma("unroll")
#else
#define BASE_UNROLL _Pragma("GCC unroll 8")
#endif

#define BASE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
