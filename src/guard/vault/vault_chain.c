/* Conversations as chains of records. A state (VAULT_CONVERSATION):
 *
 *     records u32 | begun i64 | changed i64 | tag of the last record [16] | title
 *
 * and a record (VAULT_RECORD), bound to the tag of the one before:
 *
 *     time i64 | data */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "guard/vault/vault_bytes.h"
#include "guard/vault/vault_internal.h"

#define AT_TAG 20
#define AT_TITLE (AT_TAG + CRYPT_TAG_SIZE)
#define TIME_SIZE 8

static_assert(AT_TITLE + VAULT_TITLE_MAX <= VAULT_STATE_MAX, "a state holds its title");

static int64_t row_of(uint32_t number, uint32_t sequence) {
    return (int64_t)((uint64_t)number << 32 | sequence);
}

static struct vault_place place_of(const struct vault *v, enum vault_box_kind kind,
                                   uint32_t number) {
    return (struct vault_place){.store = v->store, .kind = kind, .conversation = number};
}

/* ---- damage ---- */

static bool is_known_damaged(const struct vault *v, uint32_t number) {
    for (size_t at = 0; at + sizeof number <= v->damaged.size; at += sizeof number) {
        if (memcmp(v->damaged.data + at, &number, sizeof number) == 0) return true;
    }
    return v->damaged.failed; /* too many to remember */
}

static ingle_status damaged(struct vault *v, uint32_t number, const char *what, ingle_error *err) {
    if (!is_known_damaged(v, number)) (void)buf_add(&v->damaged, &number, sizeof number);
    return status_set(err, INGLE_INVALID, 0,
                      "Conversation %" PRIu32 " of the vault is damaged: %s.", number, what);
}

static const char *what_is_wrong(enum vault_state state) {
    switch (state) {
    case VAULT_GONE:
        return "it was deleted, but not by ingle";
    case VAULT_OLD:
        return "it was put back to what it was once";
    default:
        return "its title or its key was changed";
    }
}

/* ---- key and state ---- */

static ingle_status load_key(bool *is_there, struct vault *v, uint32_t number, ingle_error *err) {
    struct vault_blob wrapped;
    struct vault_place place = place_of(v, VAULT_BOX_KEY, number);
    *is_there = false;
    INGLE_TRY(vault_db_get(v->db, VAULT_KEY, number, &wrapped, err));
    *is_there = vault_unwrap(v->chain_key, &place, wrapped, v->wrap_key->bytes);
    return INGLE_OK;
}

static bool parse_title(struct vault_title *out, struct vault_blob plain) {
    if (plain.size < AT_TITLE || plain.size > AT_TITLE + VAULT_TITLE_MAX) return false;
    out->n_records = vault_get_u32(plain.data);
    out->begun = (int64_t)vault_get_u64(plain.data + 4);
    out->changed = (int64_t)vault_get_u64(plain.data + 12);
    memcpy(out->last, plain.data + AT_TAG, CRYPT_TAG_SIZE);
    out->text = (char *)plain.data + AT_TITLE;
    out->len = plain.size - AT_TITLE;
    return true;
}

/* chain NULL: the head does not have it, or is damaged itself, and vouches for nothing. */
static ingle_status load_title(struct vault_title *out, enum vault_state *state, struct vault *v,
                               uint32_t number, const struct vault_chain *chain, ingle_error *err) {
    struct vault_blob body, plain;
    struct vault_place place = place_of(v, VAULT_BOX_TITLE, number);
    uint8_t tag[CRYPT_TAG_SIZE];
    bool is_authentic;
    INGLE_TRY(vault_db_get(v->db, VAULT_CONVERSATION, number, &body, err));
    *state = VAULT_GONE;
    if (!body.data) return INGLE_OK;
    vault_box_tag(tag, body);
    INGLE_TRY(vault_box_open(&v->title, &plain, &is_authentic, &place, body, v->chain_key, err));
    *state = VAULT_DAMAGED;
    if (!is_authentic || !parse_title(out, plain)) return INGLE_OK;
    *state = VAULT_OLD;
    if (chain && memcmp(tag, chain->tag, sizeof tag) != 0) return INGLE_OK;
    *state = VAULT_INTACT;
    return INGLE_OK;
}

ingle_status vault_chain_load(struct vault_title *out, enum vault_state *state, struct vault *v,
                              uint32_t number, ingle_error *err) {
    bool is_there;
    *out = (struct vault_title){0};
    INGLE_TRY(load_key(&is_there, v, number, err));
    *state = VAULT_DAMAGED;
    if (!is_there) return INGLE_OK;
    return load_title(out, state, v, number, vault_head_find(v, number), err);
}

ingle_status vault_chain_open(struct vault_title *out, struct vault *v, uint32_t number,
                              ingle_error *err) {
    enum vault_state state;
    if (!vault_head_find(v, number)) {
        return status_set(err, INGLE_NOT_FOUND, 0, "The vault has no conversation %" PRIu32 ".",
                          number);
    }
    INGLE_TRY(vault_chain_load(out, &state, v, number, err));
    return state == VAULT_INTACT ? INGLE_OK : damaged(v, number, what_is_wrong(state), err);
}

ingle_status vault_chain_keep(struct vault *v, uint32_t number, const struct vault_title *title,
                              ingle_error *err) {
    struct private_memory plain = {0};
    struct vault_place place = place_of(v, VAULT_BOX_TITLE, number);
    struct vault_chain *chain = vault_head_find(v, number);
    assert(chain && title->len <= VAULT_TITLE_MAX);
    INGLE_TRY(private_memory_reserve(&plain, VAULT_STATE_MAX, err));
    vault_put_u32(plain.data, title->n_records);
    vault_put_u64(plain.data + 4, (uint64_t)title->begun);
    vault_put_u64(plain.data + 12, (uint64_t)title->changed);
    memcpy(plain.data + AT_TAG, title->last, CRYPT_TAG_SIZE);
    if (title->len) memcpy(plain.data + AT_TITLE, title->text, title->len);
    ingle_status status =
        vault_box_seal(&v->sealed, &place, plain.data, AT_TITLE + title->len, v->chain_key, err);
    private_memory_clear(&plain);
    INGLE_TRY(status);
    vault_box_tag(chain->tag, (struct vault_blob){(const uint8_t *)v->sealed.data, v->sealed.size});
    INGLE_TRY(vault_db_put(v->db, VAULT_CONVERSATION, number, v->sealed.data, v->sealed.size, err));
    return vault_head_write(v, err);
}

ingle_status vault_chain_begin(struct vault *v, uint32_t kind, uint32_t *number, const char *title,
                               size_t len, ingle_error *err) {
    uint8_t wrapped[VAULT_WRAPPED_SIZE];
    char text[VAULT_TITLE_MAX];
    struct vault_title first = {.begun = clock_date_ns(), .text = text, .len = len};
    first.changed = first.begun;
    INGLE_TRY(vault_head_add(v, kind, number, err));
    struct vault_place place = place_of(v, VAULT_BOX_KEY, *number);
    crypt_random(v->chain_key, CRYPT_KEY_SIZE);
    vault_wrap(wrapped, &place, v->chain_key, v->wrap_key->bytes);
    INGLE_TRY(vault_db_put(v->db, VAULT_KEY, *number, wrapped, sizeof wrapped, err));
    if (len) memcpy(text, title, len);
    ingle_status status = vault_chain_keep(v, *number, &first, err);
    crypt_wipe(text, sizeof text);
    return status;
}

/* ---- records ---- */

static ingle_status seal_record(struct vault *v, const struct vault_place *place, int64_t now,
                                const struct vault_blob *pieces, size_t n_pieces,
                                ingle_error *err) {
    struct private_memory plain = {0};
    size_t size = 0;
    for (size_t i = 0; i < n_pieces; i++) {
        if (pieces[i].size > VAULT_RECORD_MAX - size) {
            return status_set(err, INGLE_LIMIT, 0, "The vault keeps records of up to %zu MiB.",
                              VAULT_RECORD_MAX >> 20);
        }
        size += pieces[i].size;
    }
    size += TIME_SIZE;
    INGLE_TRY(private_memory_reserve(&plain, size, err));
    vault_put_u64(plain.data, (uint64_t)now);
    uint8_t *at = plain.data + TIME_SIZE;
    for (size_t i = 0; i < n_pieces; i++) {
        if (pieces[i].size) memcpy(at, pieces[i].data, pieces[i].size);
        at += pieces[i].size;
    }
    ingle_status status = vault_box_seal(&v->sealed, place, plain.data, size, v->chain_key, err);
    private_memory_clear(&plain);
    return status;
}

/* The last record is the one that the state names: without reading all of them this much is known.
 */
static ingle_status check_last(struct vault *v, uint32_t number, const struct vault_title *title,
                               ingle_error *err) {
    struct vault_blob body;
    uint8_t tag[CRYPT_TAG_SIZE];
    if (is_known_damaged(v, number)) {
        return damaged(v, number, "nothing is added to it", err);
    }
    if (title->n_records == 0) return INGLE_OK;
    INGLE_TRY(vault_db_get(v->db, VAULT_RECORD, row_of(number, title->n_records), &body, err));
    if (!body.data) return damaged(v, number, "its last record is missing", err);
    vault_box_tag(tag, body);
    if (memcmp(tag, title->last, sizeof tag) == 0) return INGLE_OK;
    return damaged(v, number, "its last record was changed", err);
}

static ingle_status append(struct vault *v, uint32_t number, const struct vault_blob *pieces,
                           size_t n_pieces, ingle_error *err) {
    struct vault_title title = {0};
    INGLE_TRY(vault_head_read(v, err));
    INGLE_TRY(vault_chain_open(&title, v, number, err));
    INGLE_TRY(check_last(v, number, &title, err));
    if (title.n_records == UINT32_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "Conversation %" PRIu32 " is full.", number);
    }
    title.changed = clock_date_ns();
    struct vault_place place = place_of(v, VAULT_BOX_RECORD, number);
    place.sequence = title.n_records + 1;
    place.previous = title.last;
    INGLE_TRY(seal_record(v, &place, title.changed, pieces, n_pieces, err));
    INGLE_TRY(vault_db_put(v->db, VAULT_RECORD, row_of(number, place.sequence), v->sealed.data,
                           v->sealed.size, err));
    title.n_records++;
    vault_box_tag(title.last, (struct vault_blob){(const uint8_t *)v->sealed.data, v->sealed.size});
    return vault_chain_keep(v, number, &title, err);
}

ingle_status vault_chain_append(struct vault *v, uint32_t number, const struct vault_blob *pieces,
                                size_t n_pieces, ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, true, err));
    ingle_status status = append(v, number, pieces, n_pieces, err);
    private_memory_wipe(&v->title);
    return vault_db_end(v->db, status, err);
}

/* Record `sequence` into v->plain; the tag of the one before becomes its own. */
static ingle_status read_record(struct vault_record *out, struct vault *v, uint32_t number,
                                uint32_t sequence, uint8_t previous[CRYPT_TAG_SIZE],
                                ingle_error *err) {
    struct vault_place place = place_of(v, VAULT_BOX_RECORD, number);
    struct vault_blob body, plain = {0};
    bool is_authentic;
    place.sequence = sequence;
    place.previous = previous;
    INGLE_TRY(vault_db_get(v->db, VAULT_RECORD, row_of(number, sequence), &body, err));
    if (!body.data) return damaged(v, number, "a record is missing", err);
    INGLE_TRY(vault_box_open(&v->plain, &plain, &is_authentic, &place, body, v->chain_key, err));
    if (!is_authentic || plain.size < TIME_SIZE) {
        char what[64];
        snprintf(what, sizeof what, "record %" PRIu32 " is not what was written", sequence);
        return damaged(v, number, what, err);
    }
    vault_box_tag(previous, body);
    *out = (struct vault_record){.sequence = sequence,
                                 .time = (int64_t)vault_get_u64(plain.data),
                                 .data = (const char *)plain.data + TIME_SIZE,
                                 .size = plain.size - TIME_SIZE};
    return INGLE_OK;
}

/* One record, its transaction over before the caller hears of it: who reads slowly keeps nobody
 * from writing. */
static ingle_status read_one(struct vault_record *out, struct vault *v, uint32_t number,
                             uint32_t sequence, uint8_t previous[CRYPT_TAG_SIZE],
                             ingle_error *err) {
    bool is_there;
    INGLE_TRY(vault_db_begin(v->db, false, err));
    ingle_status status = load_key(&is_there, v, number, err);
    if (status == INGLE_OK && !is_there) status = damaged(v, number, "its key is gone", err);
    if (status == INGLE_OK) status = read_record(out, v, number, sequence, previous, err);
    return vault_db_end(v->db, status, err);
}

/* There is none after the last: a file that was put back together of old and new parts has some. */
static ingle_status check_end(struct vault *v, uint32_t number, const struct vault_title *title,
                              ingle_error *err) {
    int64_t row;
    struct vault_blob body;
    INGLE_TRY(vault_db_get(v->db, VAULT_RECORD, row_of(number, 0), &body, err));
    if (!body.data && title->n_records < UINT32_MAX) {
        INGLE_TRY(vault_db_next(v->db, VAULT_RECORD, row_of(number, title->n_records + 1),
                                row_of(number, UINT32_MAX), &row, &body, err));
    }
    if (!body.data) return INGLE_OK;
    return damaged(v, number, "it has records that it should not have", err);
}

static ingle_status open_to_read(struct vault_title *title, struct vault *v, uint32_t number,
                                 ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, false, err));
    ingle_error unread;
    ingle_status status = vault_head_read(v, &unread);
    if (status == INGLE_OK) {
        status = vault_chain_open(title, v, number, err);
    } else if (status == INGLE_INVALID) {
        /* Without the head a chain can only vouch for itself; it is still worth reading. */
        enum vault_state state;
        status = vault_chain_load(title, &state, v, number, err);
        if (status == INGLE_OK && state != VAULT_INTACT) {
            status = damaged(v, number, what_is_wrong(state), err);
        }
    } else if (err) {
        *err = unread;
    }
    if (status == INGLE_OK) status = check_end(v, number, title, err);
    return vault_db_end(v->db, status, err);
}

ingle_status vault_chain_read(struct vault *v, uint32_t number, vault_record_fn on_record,
                              void *user, ingle_error *err) {
    struct vault_title title = {0};
    uint8_t previous[CRYPT_TAG_SIZE] = {0};
    ingle_status status = open_to_read(&title, v, number, err);
    private_memory_wipe(&v->title);
    bool wants_more = true;
    for (uint32_t i = 1; status == INGLE_OK && wants_more && i <= title.n_records && i; i++) {
        struct vault_record record;
        status = read_one(&record, v, number, i, previous, err);
        if (status == INGLE_OK) wants_more = on_record(&record, user);
    }
    private_memory_wipe(&v->plain);
    INGLE_TRY(status);
    if (!wants_more || memcmp(previous, title.last, sizeof previous) == 0) return INGLE_OK;
    return damaged(v, number, "its end is not what was written", err);
}

/* ---- forgetting ---- */

static ingle_status is_anything(bool *out, struct vault *v, uint32_t number, ingle_error *err) {
    struct vault_blob body;
    *out = true;
    if (vault_head_find(v, number)) return INGLE_OK;
    INGLE_TRY(vault_db_get(v->db, VAULT_CONVERSATION, number, &body, err));
    *out = body.data != NULL;
    return INGLE_OK;
}

static ingle_status forget(struct vault *v, uint32_t number, ingle_error *err) {
    static const uint8_t zeros[VAULT_WRAPPED_SIZE];
    bool is_there;
    INGLE_TRY(vault_head_read(v, err));
    INGLE_TRY(is_anything(&is_there, v, number, err));
    if (!is_there) {
        return status_set(err, INGLE_NOT_FOUND, 0, "The vault has no conversation %" PRIu32 ".",
                          number);
    }
    /* The row stays, and with it every key where it was made: SQLite never moves one, so that it
     * leaves no copy behind. */
    INGLE_TRY(vault_db_put(v->db, VAULT_KEY, number, zeros, sizeof zeros, err));
    INGLE_TRY(vault_db_delete(v->db, VAULT_CONVERSATION, number, number, err));
    INGLE_TRY(
        vault_db_delete(v->db, VAULT_RECORD, row_of(number, 0), row_of(number, UINT32_MAX), err));
    vault_head_remove(v, number);
    INGLE_TRY(vault_scrub_mark(v->db, err));
    return vault_head_write(v, err);
}

ingle_status vault_chain_forget(struct vault *v, uint32_t number, ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, true, err));
    ingle_status status = forget(v, number, err);
    INGLE_TRY(vault_db_end(v->db, status, err));
    return vault_scrub(v->db, err);
}
