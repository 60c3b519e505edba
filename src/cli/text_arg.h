/* What a person gives as TEXT, its tokens, and lists of token ids. */
#ifndef INGLE_CLI_TEXT_ARG_H
#define INGLE_CLI_TEXT_ARG_H

#include "base/buf.h"
#include "base/status.h"
#include "cli/options.h"
#include "ingle/tokenizer.h"

/* More than this is no prompt. */
#define TEXT_ARG_MAX ((size_t)64 << 20)

/* How a text becomes tokens. */
struct text_args {
    bool no_bos, parse_special;
};

/* Rows for a command whose struct has a field `text`. */
#define OPTION_NO_BOS(args)                                                                        \
    {                                                                                              \
        "no-bos", '\0', OPTION_FLAG, NULL, "Do not put the model's begin token first",             \
            .offset = offsetof(args, text.no_bos)                                                  \
    }
#define OPTION_PARSE_SPECIAL(args)                                                                 \
    {                                                                                              \
        "parse-special", '\0', OPTION_FLAG, NULL, "Control tokens written in the text are meant",  \
            .offset = offsetof(args, text.parse_special)                                           \
    }

/* The bytes that one argument stands for: itself, @FILE (a regular file) or - (standard input).
 * *text is initialised here and cleared by the caller, after a failure too. */
BASE_NODISCARD ingle_status text_arg_read(struct buf *text, const char *arg, ingle_error *err);

/* The same of an argument that is a path (a regular file) or -. */
BASE_NODISCARD ingle_status text_file_read(struct buf *text, const char *path, ingle_error *err);

/* Several words are one text with single spaces; one word is text_arg_read(). */
BASE_NODISCARD ingle_status text_words_read(struct buf *text, const struct words *words,
                                            ingle_error *err);

/* Ids from a list like "1,2,3" (spaces allowed), or @FILE or - that hold one. At least one. */
BASE_NODISCARD ingle_status text_read_ids(const char *arg, ingle_token **ids, size_t *n,
                                          ingle_error *err);

#endif
