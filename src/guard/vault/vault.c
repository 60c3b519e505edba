#include "guard/vault/vault.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "guard/vault/vault_internal.h"

#define DAMAGED_MAX ((size_t)1024 * sizeof(uint32_t))

/* ---- open and close ---- */

static ingle_status open_keys(struct vault *v, const struct vault_where *where, bool even_if_off,
                              const struct vault_passphrase *passphrase, ingle_error *err) {
    struct vault_meta meta;
    void *secret;
    INGLE_TRY(vault_meta_read(&meta, v->db, err));
    if (!meta.is_on && !even_if_off) {
        return status_set(err, INGLE_NOT_FOUND, 0, "The vault is off; ingle vault on turns it on.");
    }
    memcpy(v->store, meta.store, sizeof v->store);
    INGLE_TRY(vault_find_key(&v->key, v->db, &meta, where, passphrase, err));
    INGLE_TRY(vault_key_derive(&v->wrap_key, v->key, "vaultwrp", err));
    INGLE_TRY(vault_key_derive(&v->head_key, v->key, "vaulthd", err));
    INGLE_TRY(crypt_secret_new(&secret, CRYPT_KEY_SIZE, err));
    v->chain_key = secret;
    return INGLE_OK;
}

static ingle_status open_vault(struct vault **out, const struct vault_where *where,
                               bool even_if_off, const struct vault_passphrase *passphrase,
                               ingle_error *err) {
    *out = NULL;
    INGLE_TRY(crypt_start(err));
    struct vault *v = mem_calloc(1, sizeof *v);
    if (!v) return status_no_memory(err, "the vault", sizeof *v);
    buf_init(&v->sealed, VAULT_BODY_MAX);
    buf_init(&v->damaged, DAMAGED_MAX);
    ingle_status status = vault_db_open(&v->db, where->folder, false, err);
    if (status == INGLE_OK) status = vault_db_begin(v->db, false, err);
    bool has_to_scrub = false;
    if (status == INGLE_OK) {
        status = open_keys(v, where, even_if_off, passphrase, err);
        if (status == INGLE_OK) status = vault_scrub_is_due(&has_to_scrub, v->db, err);
        status = vault_db_end(v->db, status, err);
    }
    if (status == INGLE_OK) {
        /* What a killed process left; where that is not possible now, the next one tries. */
        if (has_to_scrub) (void)!vault_scrub(v->db, NULL);
        *out = v;
    } else {
        vault_close(v);
    }
    return status;
}

ingle_status vault_open(struct vault **out, const struct vault_where *where,
                        const struct vault_passphrase *passphrase, ingle_error *err) {
    return open_vault(out, where, false, passphrase, err);
}

ingle_status vault_open_any(struct vault **out, const struct vault_where *where,
                            const struct vault_passphrase *passphrase, ingle_error *err) {
    return open_vault(out, where, true, passphrase, err);
}

void vault_close(struct vault *v) {
    if (!v) return;
    vault_db_close(v->db);
    vault_key_close(v->key);
    vault_key_close(v->wrap_key);
    vault_key_close(v->head_key);
    crypt_secret_free(v->chain_key);
    vault_head_clear(&v->head);
    private_memory_clear(&v->plain);
    private_memory_clear(&v->title);
    buf_clear(&v->sealed);
    buf_clear(&v->damaged);
    mem_free(v);
}

ingle_status vault_derive_key(struct vault_key **out, const struct vault *v, const char *purpose,
                              ingle_error *err) {
    return vault_key_derive(out, v->key, purpose, err);
}

/* ---- conversations ---- */

/* Not in the middle of a character. */
static size_t title_len(const char *title, size_t len) {
    if (len <= VAULT_TITLE_MAX) return len;
    len = VAULT_TITLE_MAX;
    while (len > VAULT_TITLE_MAX - 3 && ((unsigned char)title[len] & 0xc0) == 0x80) len--;
    return len;
}

static ingle_status begin(struct vault *v, uint32_t *number, const char *title, size_t len,
                          ingle_error *err) {
    INGLE_TRY(vault_head_read(v, err));
    return vault_chain_begin(v, VAULT_CHAIN_TALK, number, title, title_len(title, len), err);
}

ingle_status vault_begin(struct vault *v, uint32_t *number, const char *title, size_t len,
                         ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, true, err));
    return vault_db_end(v->db, begin(v, number, title, len, err), err);
}

static ingle_status open_talk(struct vault_title *out, struct vault *v, uint32_t number,
                              ingle_error *err) {
    INGLE_TRY(vault_head_read(v, err));
    return vault_chain_open(out, v, number, err);
}

ingle_status vault_rename(struct vault *v, uint32_t number, const char *title, size_t len,
                          ingle_error *err) {
    struct vault_title state;
    char text[VAULT_TITLE_MAX];
    INGLE_TRY(vault_db_begin(v->db, true, err));
    ingle_status status = open_talk(&state, v, number, err);
    if (status == INGLE_OK) {
        state.len = title_len(title, len);
        state.text = text;
        if (state.len) memcpy(text, title, state.len);
        status = vault_chain_keep(v, number, &state, err);
        crypt_wipe(text, sizeof text);
    }
    private_memory_wipe(&v->title);
    return vault_db_end(v->db, status, err);
}

ingle_status vault_append(struct vault *v, uint32_t number, const void *data, size_t size,
                          ingle_error *err) {
    struct vault_blob piece = {data, size};
    return vault_chain_append(v, number, &piece, 1, err);
}

ingle_status vault_read(struct vault *v, uint32_t number, vault_record_fn on_record, void *user,
                        ingle_error *err) {
    return vault_chain_read(v, number, on_record, user, err);
}

ingle_status vault_forget(struct vault *v, uint32_t number, ingle_error *err) {
    return vault_chain_forget(v, number, err);
}

ingle_status vault_generation(struct vault *v, uint64_t *out, ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, false, err));
    ingle_status status = vault_head_read(v, err);
    *out = v->head.generation;
    return vault_db_end(v->db, status, err);
}

/* ---- the list ---- */

/* The smallest number from `from` on that the head has or a row is of; false past the last. */
static ingle_status next_number(bool *is_there, uint32_t *number, struct vault *v, uint32_t from,
                                ingle_error *err) {
    int64_t row;
    struct vault_blob body;
    INGLE_TRY(vault_db_next(v->db, VAULT_CONVERSATION, from, INT32_MAX, &row, &body, err));
    if (!body.data) row = INT64_MAX;
    uint32_t i = vault_head_first(v, from);
    if (i < v->head.n && v->head.chains[i].number < row) row = v->head.chains[i].number;
    *is_there = row <= INT32_MAX;
    *number = *is_there ? (uint32_t)row : 0;
    return INGLE_OK;
}

struct listing {
    struct vault *v;
    bool has_head;
    uint32_t next;
};

/* One entry, in a transaction that is over before the caller hears of it. */
static ingle_status list_one(struct listing *l, struct vault_entry *out, bool *is_there,
                             bool *is_talk, ingle_error *err) {
    struct vault *v = l->v;
    struct vault_title title;
    uint32_t number;
    ingle_error unheard;
    ingle_status status = vault_head_read(v, &unheard);
    l->has_head = status == INGLE_OK;
    if (status != INGLE_OK && status != INGLE_INVALID) {
        if (err) *err = unheard;
        return status;
    }
    INGLE_TRY(next_number(is_there, &number, v, l->next, err));
    if (!*is_there) return INGLE_OK;
    l->next = number + 1;
    *out = (struct vault_entry){.number = number, .title = ""};
    INGLE_TRY(vault_chain_load(&title, &out->state, v, number, err));
    const struct vault_chain *chain = vault_head_find(v, number);
    *is_talk = !chain || chain->kind == VAULT_CHAIN_TALK;
    if (!chain && l->has_head) out->state = VAULT_STRAY;
    if (!title.text) return INGLE_OK;
    out->title = title.text;
    out->title_len = title.len;
    out->n_records = title.n_records;
    out->begun = title.begun;
    out->changed = title.changed;
    return INGLE_OK;
}

ingle_status vault_list(struct vault *v, vault_entry_fn on_entry, void *user, ingle_error *err) {
    struct listing l = {.v = v};
    ingle_status status = INGLE_OK;
    bool is_there = true, wants_more = true;
    while (status == INGLE_OK && is_there && wants_more && l.next <= INT32_MAX) {
        struct vault_entry entry;
        bool is_talk = true;
        status = vault_db_begin(v->db, false, err);
        if (status != INGLE_OK) break;
        status = list_one(&l, &entry, &is_there, &is_talk, err);
        status = vault_db_end(v->db, status, err);
        if (status == INGLE_OK && is_there && is_talk) wants_more = on_entry(&entry, user);
    }
    private_memory_wipe(&v->title);
    return status;
}
