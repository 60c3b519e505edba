/* The vault: conversations and the history of tasks, kept on the disk and sealed record by record.
 * Off until a person turns it on (vault_access.h), and then only open while its key can be had.
 *
 * Of what it keeps, a file tells whoever has not the key: how many conversations there are and
 * were, how many records each has, and their lengths to about a fifth. A record that was changed,
 * left out, exchanged, repeated or put back to an older state is noticed and makes its conversation
 * damaged: what is authentic of it can be read, nothing is added to it, and all others are as
 * before.
 *
 * One thread at a time uses a vault; any number of processes may have it open. */
#ifndef INGLE_GUARD_VAULT_VAULT_H
#define INGLE_GUARD_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "guard/vault/vault_key.h"

struct vault;

struct vault_where {
    const char *folder;     /* of vault.db */
    const char *key_folder; /* of the key file (vault_key_open_file()), where that is used */
};

struct vault_passphrase {
    const char *text;
    size_t len;
};

#define VAULT_TITLE_MAX 200                 /* bytes */
#define VAULT_RECORD_MAX ((size_t)16 << 20) /* bytes */
#define VAULT_CONVERSATIONS_MAX 50000u

/* Opens it with the key that the keyring has, or a key file or the machine gives, or else with the
 * passphrase (NULL = none is at hand). NOT_FOUND if there is none or it is off; REFUSED if it is
 * locked or the passphrase is wrong. */
BASE_NODISCARD ingle_status vault_open(struct vault **out, const struct vault_where *where,
                                       const struct vault_passphrase *passphrase, ingle_error *err);

/* The same although it is off: for who wants to read, or forget. */
BASE_NODISCARD ingle_status vault_open_any(struct vault **out, const struct vault_where *where,
                                           const struct vault_passphrase *passphrase,
                                           ingle_error *err);

/* Wipes all it holds; NULL is fine. */
void vault_close(struct vault *v);

/* ---- conversations ---- */

/* A new, empty one. title: of any bytes; what does not fit is cut off. */
BASE_NODISCARD ingle_status vault_begin(struct vault *v, uint32_t *number, const char *title,
                                        size_t len, ingle_error *err);
BASE_NODISCARD ingle_status vault_rename(struct vault *v, uint32_t number, const char *title,
                                         size_t len, ingle_error *err);

/* Adds a record (a message, as JSON). On the disk when it returns OK. INVALID if the conversation
 * is damaged, LIMIT past VAULT_RECORD_MAX or if the disk is full. */
BASE_NODISCARD ingle_status vault_append(struct vault *v, uint32_t number, const void *data,
                                         size_t size, ingle_error *err);

struct vault_record {
    uint32_t sequence; /* from 1 */
    int64_t time;      /* nanoseconds since 1970 */
    const char *data;  /* borrowed during the call, as is all else */
    size_t size;
};

/* False to stop, which is no failure. May not call into the vault. */
typedef bool (*vault_record_fn)(const struct vault_record *record, void *user);

/* All of them in order. INVALID, after those before, at the first that is not what was written; the
 * conversation is read-only from then on. */
BASE_NODISCARD ingle_status vault_read(struct vault *v, uint32_t number, vault_record_fn on_record,
                                       void *user, ingle_error *err);

enum vault_state {
    VAULT_INTACT,  /* as far as can be told without reading all of it */
    VAULT_DAMAGED, /* was changed */
    VAULT_GONE,    /* was deleted, but not by the vault */
    VAULT_OLD,     /* was put back to what it was once */
    VAULT_STRAY    /* the vault knows nothing of it: an authentic one that was forgotten, or none */
};

struct vault_entry {
    uint32_t number;
    enum vault_state state;
    const char
        *title; /* borrowed during the call; "" where it cannot be read, as are the others 0 */
    size_t title_len;
    uint32_t n_records;
    int64_t begun, changed; /* nanoseconds since 1970 */
};

typedef bool (*vault_entry_fn)(const struct vault_entry *entry, void *user);

/* All conversations, the oldest first. */
BASE_NODISCARD ingle_status vault_list(struct vault *v, vault_entry_fn on_entry, void *user,
                                       ingle_error *err);

/* Destroys the key of the conversation, and what was sealed with it; also of a damaged one. */
BASE_NODISCARD ingle_status vault_forget(struct vault *v, uint32_t number, ingle_error *err);

/* ---- tasks ---- */

struct vault_task {
    int64_t time;
    const char *name, *input, *output;
    size_t name_len, input_len, output_len;
};

/* `time` is set by the vault. */
BASE_NODISCARD ingle_status vault_task_append(struct vault *v, const struct vault_task *task,
                                              ingle_error *err);

typedef bool (*vault_task_fn)(const struct vault_task *task, void *user);

/* All, the oldest first; none if none were kept. */
BASE_NODISCARD ingle_status vault_task_read(struct vault *v, vault_task_fn on_task, void *user,
                                            ingle_error *err);
BASE_NODISCARD ingle_status vault_task_forget(struct vault *v, ingle_error *err);

/* ---- for others ---- */

/* The key for what lies outside of vault.db but belongs to it: snapshots. */
BASE_NODISCARD ingle_status vault_derive_key(struct vault_key **out, const struct vault *v,
                                             const char *purpose, ingle_error *err);

/* How many changes there have been, ever: an anchor kept elsewhere tells an old copy of the whole
 * file from the new one. INVALID if what the vault knows of its conversations is damaged: then it
 * can be read and not written. */
BASE_NODISCARD ingle_status vault_generation(struct vault *v, uint64_t *out, ingle_error *err);

#endif
