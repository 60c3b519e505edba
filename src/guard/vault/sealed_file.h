/* Sealed files: encrypted, authenticated, whole or not there. They are written and read as streams;
 * sealed_write() and sealed_read() have the types of the callbacks that a session is saved to and
 * restored from. One thread at a time per writer or reader.
 *
 *     header   64 bytes  "INGLSEAL", version u32, kind u32, salt [24], header of the stream [24]
 *     chunk    65,536 bytes + 17      count u32, count bytes of data, zeros
 *     ...
 *     chunk    the last one, marked as such, at most as long
 *
 * A file's own key is a hash of header, context and the key it is sealed with. All is
 * little-endian; the version and what follows it take part in that hash. Zeros fill the last chunk,
 * and chunks of nothing but zeros follow, until the length is one of four an octave: how much a
 * file holds is told to about a fifth (docs/decisions/sealed-files.md). */
#ifndef INGLE_GUARD_VAULT_SEALED_FILE_H
#define INGLE_GUARD_VAULT_SEALED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "guard/vault/vault_key.h"

/* Numbers in files: none ever changes. */
enum sealed_kind { SEALED_SNAPSHOT = 1 };

/* What a file is sealed as, and must be opened as. */
struct sealed_as {
    const struct vault_key *key;
    enum sealed_kind kind;
    const void *context; /* says what this file is: one that was sealed in another context is
                            refused, as if it had been sealed with another key. Not stored */
    size_t context_size;
};

/* ---- writing ---- */

struct sealed_writer;

/* Writes go to a file of another name in the same folder (mode 0600), which takes the name `path`
 * at the commit, in place of a file or link that was there. as and path are not needed later. */
BASE_NODISCARD ingle_status sealed_writer_open(struct sealed_writer **out, const char *path,
                                               const struct sealed_as *as, ingle_error *err);

/* Adds data; `writer` is the struct sealed_writer. False if it cannot: sealed_writer_commit() says
 * why, and there is no need to look before. */
BASE_NODISCARD bool sealed_write(const void *data, size_t size, void *writer);

/* Ends the file, whole and on the disk, or fails and leaves nothing of it. Frees the writer. */
BASE_NODISCARD ingle_status sealed_writer_commit(struct sealed_writer *w, ingle_error *err);

/* Leaves nothing and frees the writer; NULL is fine. */
void sealed_writer_abort(struct sealed_writer *w);

/* The path of the unfinished file, for who must remove it when a signal ends the process; valid as
 * long as the writer. A file left behind by a kill is swept by the store it lies in. */
const char *sealed_writer_unfinished(const struct sealed_writer *w);

/* ---- reading ---- */

struct sealed_reader;

/* NOT_FOUND if there is no such file; INVALID if it is no sealed file of that kind. */
BASE_NODISCARD ingle_status sealed_reader_open(struct sealed_reader **out, const char *path,
                                               const struct sealed_as *as, ingle_error *err);

/* Exactly size bytes, or false: sealed_reader_finish() says why. Every byte that is given out is
 * one that was written there; but only finish tells whether the file is whole. */
BASE_NODISCARD bool sealed_read(void *data, size_t size, void *reader);

/* The same for a reader that does not know how many bytes there are: as many of `cap` as are left,
 * 0 at the end. */
BASE_NODISCARD bool sealed_read_some(void *data, size_t cap, size_t *n, struct sealed_reader *r);

/* OK only if all that was written was read, the file is authentic to its end, and nothing follows.
 * INVALID for a file that was cut, changed, extended or sealed as something else. What was read
 * counts for nothing until then. */
BASE_NODISCARD ingle_status sealed_reader_finish(struct sealed_reader *r, ingle_error *err);

/* Frees the reader and wipes what it holds; NULL is fine. */
void sealed_reader_close(struct sealed_reader *r);

#endif
