/* Bytes in, whole UTF-8 characters out: tokens may end in the middle of a character, text must
 * not. Holds back at most three bytes. Used wherever tokens become text for people. */
#ifndef INGLE_ENGINE_TEXT_UTF8_STREAM_H
#define INGLE_ENGINE_TEXT_UTF8_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed is a valid empty stream. */
struct utf8_stream {
    uint8_t held[4]; /* the beginning of a character */
    int n_held;
};

/* Receives whole characters; not called with nothing. */
typedef void (*utf8_fn)(const char *text, size_t len, void *user);

/* Gives every character that is complete. Bytes that can never become a character come out as
 * U+FFFD, one for each maximal part of one (Unicode 15, section 3.9, D93b). */
void utf8_stream_push(struct utf8_stream *s, const char *bytes, size_t len, utf8_fn put,
                      void *user);

/* The end: a character left unfinished comes out as one U+FFFD. */
void utf8_stream_flush(struct utf8_stream *s, utf8_fn put, void *user);

#endif
