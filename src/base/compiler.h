/* The only home of compiler extensions. */
#ifndef INGLE_BASE_COMPILER_H
#define INGLE_BASE_COMPILER_H

#define BASE_NODISCARD __attribute__((warn_unused_result))
#define BASE_PRINTF(fmt_arg, first_arg) __attribute__((format(printf, fmt_arg, first_arg)))
#define BASE_ALWAYS_INLINE static inline __attribute__((always_inline))
#define BASE_LIKELY(x) __builtin_expect(!!(x), 1)
#define BASE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BASE_RESTRICT __restrict__
#define BASE_PREFETCH(address) __builtin_prefetch(address)
#define BASE_FIRST_BIT(word) ((unsigned)__builtin_ctzll(word)) /* word != 0 */

/* Before a loop of at most 8 turns, known at compile time: all are written out. A number means
 * other things to clang, and no number is unknown to gcc. */
#ifdef __clang__
#define BASE_UNROLL _Pragma("unroll")
#else
#define BASE_UNROLL _Pragma("GCC unroll 8")
#endif

/* Memory that code from outside of this build, a library without the sanitizer's instrumentation,
 * has just written: the memory sanitizer, which did not see it, learns of it. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define BASE_WRITTEN(ptr, size) __msan_unpoison(ptr, size)
#endif
#endif
#ifndef BASE_WRITTEN
#define BASE_WRITTEN(ptr, size) ((void)(ptr), (void)(size))
#endif

#define BASE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
