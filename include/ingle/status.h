/* Status codes and the error record that every ingle call reports with.
 *
 * A call returns its code and, on failure only, fills the caller's ingle_error (which may be
 * NULL and is left untouched on success). On failure no output object exists: there is
 * nothing to release. */
#ifndef INGLE_STATUS_H
#define INGLE_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define INGLE_API __attribute__((visibility("default")))
#define INGLE_NODISCARD __attribute__((warn_unused_result))
#else
#define INGLE_API
#define INGLE_NODISCARD
#endif

/* X(code, name, exit code of the command line, meaning) */
#define INGLE_STATUS_MAP(X)                                                                        \
    X(0, OK, 0, "done")                                                                            \
    X(1, FAILED, 1, "the operating system refused an operation")                                   \
    X(2, BAD_ARGUMENT, 2, "an argument is outside its documented range")                           \
    X(3, INVALID, 3, "the file or data breaks a rule of its format")                               \
    X(4, NOT_FOUND, 4, "no such file, model or name")                                              \
    X(5, REFUSED, 5, "refused by policy")                                                          \
    X(6, NO_MEMORY, 6, "out of memory")                                                            \
    X(7, CONTEXT_FULL, 6, "the context window cannot hold the text")                               \
    X(8, LIMIT, 6, "a stated limit was exceeded")                                                  \
    X(9, CANCELLED, 130, "cancelled by the caller")                                                \
    X(10, UNSUPPORTED, 3, "the file is of a kind that ingle does not know")

typedef enum ingle_status {
#define INGLE_STATUS_ENUM(code, name, exit_code, text) INGLE_##name = code,
    INGLE_STATUS_MAP(INGLE_STATUS_ENUM)
#undef INGLE_STATUS_ENUM
} ingle_status;

typedef struct ingle_error {
    ingle_status code;
    uint64_t where; /* byte offset in the input for parsers, else 0 */
    char msg[240];  /* a finished sentence, NUL-terminated, naming the thing at fault */
} ingle_error;

/* Symbolic name ("INVALID") and one-line meaning of a code. Never NULL; static storage. */
INGLE_API const char *ingle_status_name(ingle_status status);
INGLE_API const char *ingle_status_text(ingle_status status);

#ifdef __cplusplus
}
#endif

#endif
