/* A folder of sealed snapshots: what a session had computed of a text, to be continued later. Their
 * names tell nothing, their number, sizes and times can be seen. All together take at most a size
 * that is given; the ones that were used longest ago make room. Any number of processes may use the
 * folder at once. A snapshot can always be computed anew: losing one costs time only. */
#ifndef INGLE_GUARD_VAULT_SNAPSHOT_STORE_H
#define INGLE_GUARD_VAULT_SNAPSHOT_STORE_H

#include "guard/vault/sealed_file.h"

struct snapshot_store;

/* What a snapshot is of, and for what: the model, the prompt, whatever decides that it fits. The
 * name of the file is a keyed hash of both, and the file opens under that name only. */
struct snapshot_id {
    const char *kind;
    const void *fingerprint;
    size_t fingerprint_size;
};

/* The folder is made if it is missing (private_folder.h), and what killed processes have left in it
 * is removed. max_size: bytes of all snapshots together. The key is not needed later. */
BASE_NODISCARD ingle_status snapshot_store_open(struct snapshot_store **out, const char *folder,
                                                const struct vault_key *key, uint64_t max_size,
                                                ingle_error *err);
void snapshot_store_close(struct snapshot_store *store);

/* NOT_FOUND if there is no such snapshot. What is read counts as used now. The reader is the
 * caller's (sealed_reader_finish(), sealed_reader_close()). */
BASE_NODISCARD ingle_status snapshot_store_read(struct sealed_reader **out,
                                                const struct snapshot_store *store,
                                                const struct snapshot_id *id, ingle_error *err);

/* A writer for a snapshot, which replaces one that is there. It ends with snapshot_store_commit(),
 * or with sealed_writer_abort(). */
BASE_NODISCARD ingle_status snapshot_store_write(struct sealed_writer **out,
                                                 const struct snapshot_store *store,
                                                 const struct snapshot_id *id, ingle_error *err);

/* Deletes as many old ones as it takes, then commits. LIMIT if this one alone is larger than all
 * may be. Frees the writer, also when it fails. */
BASE_NODISCARD ingle_status snapshot_store_commit(const struct snapshot_store *store,
                                                  struct sealed_writer *w, ingle_error *err);

/* Deletes one; NOT_FOUND if it is not there. */
BASE_NODISCARD ingle_status snapshot_store_remove(const struct snapshot_store *store,
                                                  const struct snapshot_id *id, ingle_error *err);

/* Deletes all, also those of other keys; *n = how many. */
BASE_NODISCARD ingle_status snapshot_store_clear(const struct snapshot_store *store, size_t *n,
                                                 ingle_error *err);

struct snapshot_entry {
    char name[65]; /* of the file */
    uint64_t size; /* bytes on the disk */
    int64_t used;  /* last written or read: nanoseconds since 1970 */
};

/* All, the one that was used longest ago first. *out is the caller's (mem_free()), NULL if there
 * are none. */
BASE_NODISCARD ingle_status snapshot_store_list(const struct snapshot_store *store,
                                                struct snapshot_entry **out, size_t *n,
                                                ingle_error *err);

#endif
