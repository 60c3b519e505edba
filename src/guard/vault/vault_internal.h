/* What an open vault is, for the files that make it up. */
#ifndef INGLE_GUARD_VAULT_VAULT_INTERNAL_H
#define INGLE_GUARD_VAULT_VAULT_INTERNAL_H

#include "guard/vault/vault.h"
#include "guard/vault/vault_box.h"
#include "guard/vault/vault_key_internal.h"

#define VAULT_CHECK_SIZE 32
#define VAULT_STATE_MAX 512 /* bytes of a conversation's state */

/* Row 1 of VAULT_META: not sealed. */
struct vault_meta {
    uint8_t store[VAULT_STORE_SIZE]; /* random, which store this is */
    bool is_on;
    uint8_t check[VAULT_CHECK_SIZE]; /* tells whether a key is the vault's */
};

/* Row 1 of VAULT_HEAD, opened: all conversations, each in its last state. */
enum vault_chain_kind { VAULT_CHAIN_TALK = 1, VAULT_CHAIN_TASKS = 2 };

struct vault_chain {
    uint32_t number;
    uint32_t kind;
    uint8_t tag[CRYPT_TAG_SIZE]; /* of the body in VAULT_CONVERSATION */
};

struct vault_head {
    bool is_current;               /* as it was read, and not changed since */
    uint8_t read[CRYPT_BOX_EXTRA]; /* nonce and tag of the body it was read from */
    uint64_t generation;
    uint32_t next; /* number of the next conversation */
    uint32_t n, cap;
    struct vault_chain *chains; /* by number */
};

/* The body in VAULT_CONVERSATION, opened. */
struct vault_title {
    uint32_t n_records;
    int64_t begun, changed;
    uint8_t last[CRYPT_TAG_SIZE]; /* the tag of the last record; zeros */
    size_t len;
    char *text; /* in v->title */
};

struct vault {
    struct vault_db *db;
    struct vault_key *key;      /* the vault's */
    struct vault_key *wrap_key; /* what conversations' keys are wrapped in */
    struct vault_key *head_key; /* what the head is sealed with */
    uint8_t *chain_key;         /* of the conversation at hand */
    uint8_t store[VAULT_STORE_SIZE];
    struct vault_head head;             /* as of this transaction */
    struct private_memory plain, title; /* a record and a state, opened */
    struct buf sealed;                  /* a body on its way to the file */
    struct buf damaged;                 /* numbers (uint32_t) that were found to be */
};

/* ---- vault_meta.c ---- */

BASE_NODISCARD ingle_status vault_meta_read(struct vault_meta *out, struct vault_db *db,
                                            ingle_error *err);
BASE_NODISCARD ingle_status vault_meta_write(struct vault_db *db, const struct vault_meta *meta,
                                             ingle_error *err);
void vault_meta_check(uint8_t out[VAULT_CHECK_SIZE], const uint8_t *store,
                      const uint8_t key[CRYPT_KEY_SIZE]);

/* What was forgotten or changed is to leave nothing behind, not even if the process is killed
 * before it could see to that. First, within the transaction: it is due. */
BASE_NODISCARD ingle_status vault_scrub_is_due(bool *out, struct vault_db *db, ingle_error *err);
BASE_NODISCARD ingle_status vault_scrub_mark(struct vault_db *db, ingle_error *err);
/* Then, outside of one: vault_db_scrub(), and it is done. */
BASE_NODISCARD ingle_status vault_scrub(struct vault_db *db, ingle_error *err);

/* The key, from keyring, slot or passphrase; within a transaction. */
BASE_NODISCARD ingle_status vault_find_key(struct vault_key **out, struct vault_db *db,
                                           const struct vault_meta *meta,
                                           const struct vault_where *where,
                                           const struct vault_passphrase *passphrase,
                                           ingle_error *err);

/* ---- vault_head.c ---- */

BASE_NODISCARD ingle_status vault_head_read(struct vault *v, ingle_error *err);
BASE_NODISCARD ingle_status vault_head_write(struct vault *v, ingle_error *err);
struct vault_chain *vault_head_find(struct vault *v, uint32_t number); /* NULL */
uint32_t vault_head_first(const struct vault *v, uint32_t from);       /* index; head.n if none */
BASE_NODISCARD ingle_status vault_head_add(struct vault *v, uint32_t kind, uint32_t *number,
                                           ingle_error *err);
void vault_head_remove(struct vault *v, uint32_t number);
void vault_head_clear(struct vault_head *head);

/* ---- vault_chain.c ---- */

/* A new key, and a first state. */
BASE_NODISCARD ingle_status vault_chain_begin(struct vault *v, uint32_t kind, uint32_t *number,
                                              const char *title, size_t len, ingle_error *err);

/* Key and state of a conversation into v->chain_key and *out; *state tells what is wrong with it,
 * and then nothing is there. */
BASE_NODISCARD ingle_status vault_chain_load(struct vault_title *out, enum vault_state *state,
                                             struct vault *v, uint32_t number, ingle_error *err);

/* The same; what is wrong with it is INVALID, what there is not NOT_FOUND. */
BASE_NODISCARD ingle_status vault_chain_open(struct vault_title *out, struct vault *v,
                                             uint32_t number, ingle_error *err);

/* The state and the head. */
BASE_NODISCARD ingle_status vault_chain_keep(struct vault *v, uint32_t number,
                                             const struct vault_title *title, ingle_error *err);

/* The whole transaction of an append: of several pieces that are one record. */
BASE_NODISCARD ingle_status vault_chain_append(struct vault *v, uint32_t number,
                                               const struct vault_blob *pieces, size_t n_pieces,
                                               ingle_error *err);

/* Each in a transaction of its own. */
BASE_NODISCARD ingle_status vault_chain_read(struct vault *v, uint32_t number,
                                             vault_record_fn on_record, void *user,
                                             ingle_error *err);
BASE_NODISCARD ingle_status vault_chain_forget(struct vault *v, uint32_t number, ingle_error *err);

#endif
