/* Placeholders for personal data, and the way back. Redacting gives every value of a kind a
 * placeholder, [PERSON_1]; values that differ in case or white space only share one, and the map
 * keeps which occurrence was spelled how, so that restoring the redacted text gives the very bytes
 * back. A placeholder never is what the text already has in it. */
#ifndef INGLE_GUARD_REDACT_REDACT_MAP_H
#define INGLE_GUARD_REDACT_REDACT_MAP_H

#include "base/buf.h"
#include "guard/redact/redact_spans.h"

struct redact_map;

BASE_NODISCARD ingle_status redact_map_new(struct redact_map **out, ingle_error *err);
void redact_map_free(struct redact_map *map);

/* Pieces of the result, in order. kind NULL: the text's own bytes; else a placeholder (redacting)
 * or what stood there (restoring), of the kind. Returns false to stop, which is CANCELLED. */
typedef bool (*redact_piece_fn)(const char *data, size_t len, const char *kind, void *user);

/* The text with spans (in order, without overlaps) replaced; the map, an empty one, remembers. */
BASE_NODISCARD ingle_status redact_apply(struct redact_map *map, const char *text, size_t len,
                                         const struct redact_spans *spans, redact_piece_fn on_piece,
                                         void *user, ingle_error *err);

/* The text with the map's placeholders replaced by what they stand for. In the redacted text
 * itself, every occurrence gets its own spelling; where it was changed since, the first one. */
BASE_NODISCARD ingle_status redact_restore(const struct redact_map *map, const char *text,
                                           size_t len, redact_piece_fn on_piece, void *user,
                                           ingle_error *err);

size_t redact_map_count(const struct redact_map *map); /* placeholders */

/* As JSON, and back. INVALID says what is wrong with it; `name` stands for the file. */
BASE_NODISCARD ingle_status redact_map_write(const struct redact_map *map, struct buf *out,
                                             ingle_error *err);
BASE_NODISCARD ingle_status redact_map_read(struct redact_map **out, const char *json, size_t len,
                                            const char *name, ingle_error *err);

#endif
