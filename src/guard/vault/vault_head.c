/* The head names every conversation and the tag of its state, which names the last record's, which
 * is bound to the one before: whatever is changed, left out or put back alone does not fit. It is
 * rewritten with every change (24 bytes a conversation).
 *
 *     generation u64 | next u32 | n u32 | n times: number u32, kind u32, tag [16] */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "guard/vault/vault_bytes.h"
#include "guard/vault/vault_internal.h"

#define FIXED 16
#define CHAIN_SIZE (8 + CRYPT_TAG_SIZE)
#define FIRST_CAP 64u

static struct vault_place place_of(const struct vault *v) {
    return (struct vault_place){.store = v->store, .kind = VAULT_BOX_HEAD};
}

static ingle_status damaged(ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0,
                      "The vault's list of conversations is damaged: it can be read, but no more "
                      "is kept.");
}

static ingle_status reserve(struct vault_head *head, uint32_t n, ingle_error *err) {
    if (n <= head->cap) return INGLE_OK;
    uint32_t cap = head->cap ? head->cap : FIRST_CAP;
    while (cap < n) cap *= 2;
    void *chains = mem_realloc(head->chains, (size_t)cap * sizeof *head->chains);
    if (!chains) return status_no_memory(err, "the conversations", cap * sizeof *head->chains);
    head->chains = chains;
    head->cap = cap;
    return INGLE_OK;
}

/* What was sealed was written by us; but by which version of us? */
static ingle_status parse(struct vault_head *head, struct vault_blob in, ingle_error *err) {
    if (in.size < FIXED) return damaged(err);
    uint32_t n = vault_get_u32(in.data + 12), last = 0;
    if (n > VAULT_CONVERSATIONS_MAX || in.size != FIXED + (size_t)n * CHAIN_SIZE) {
        return damaged(err);
    }
    INGLE_TRY(reserve(head, n, err));
    head->generation = vault_get_u64(in.data);
    head->next = vault_get_u32(in.data + 8);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *at = in.data + FIXED + (size_t)i * CHAIN_SIZE;
        struct vault_chain *chain = &head->chains[i];
        chain->number = vault_get_u32(at);
        chain->kind = vault_get_u32(at + 4);
        memcpy(chain->tag, at + 8, CRYPT_TAG_SIZE);
        if (chain->number <= last || chain->number >= head->next) return damaged(err);
        last = chain->number;
    }
    head->n = n;
    return INGLE_OK;
}

ingle_status vault_head_read(struct vault *v, ingle_error *err) {
    struct vault_blob body, plain;
    struct vault_place place = place_of(v);
    bool is_authentic;
    uint8_t read[CRYPT_BOX_EXTRA] = {0};
    INGLE_TRY(vault_db_get(v->db, VAULT_HEAD, 1, &body, err));
    if (body.size >= CRYPT_BOX_EXTRA) {
        memcpy(read, body.data, CRYPT_BOX_EXTRA - CRYPT_TAG_SIZE);
        vault_box_tag(read + CRYPT_BOX_EXTRA - CRYPT_TAG_SIZE, body);
        if (v->head.is_current && memcmp(read, v->head.read, sizeof read) == 0) return INGLE_OK;
    }
    v->head.is_current = false;
    v->head.n = 0;
    INGLE_TRY(
        vault_box_open(&v->plain, &plain, &is_authentic, &place, body, v->head_key->bytes, err));
    if (!is_authentic) return damaged(err);
    INGLE_TRY(parse(&v->head, plain, err));
    memcpy(v->head.read, read, sizeof read);
    v->head.is_current = true;
    return INGLE_OK;
}

ingle_status vault_head_write(struct vault *v, ingle_error *err) {
    struct vault_place place = place_of(v);
    struct vault_head *head = &v->head;
    size_t size = FIXED + (size_t)head->n * CHAIN_SIZE;
    uint8_t *data = mem_alloc(size);
    if (!data) return status_no_memory(err, "the conversations", size);
    head->is_current = false; /* nobody knows yet whether it is committed */
    vault_put_u64(data, ++head->generation);
    vault_put_u32(data + 8, head->next);
    vault_put_u32(data + 12, head->n);
    for (uint32_t i = 0; i < head->n; i++) {
        uint8_t *at = data + FIXED + (size_t)i * CHAIN_SIZE;
        vault_put_u32(at, head->chains[i].number);
        vault_put_u32(at + 4, head->chains[i].kind);
        memcpy(at + 8, head->chains[i].tag, CRYPT_TAG_SIZE);
    }
    ingle_status status = vault_box_seal(&v->sealed, &place, data, size, v->head_key->bytes, err);
    mem_free(data);
    INGLE_TRY(status);
    return vault_db_put(v->db, VAULT_HEAD, 1, v->sealed.data, v->sealed.size, err);
}

uint32_t vault_head_first(const struct vault *v, uint32_t from) {
    uint32_t low = 0, high = v->head.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (v->head.chains[middle].number < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct vault_chain *vault_head_find(struct vault *v, uint32_t number) {
    uint32_t i = vault_head_first(v, number);
    return i < v->head.n && v->head.chains[i].number == number ? &v->head.chains[i] : NULL;
}

ingle_status vault_head_add(struct vault *v, uint32_t kind, uint32_t *number, ingle_error *err) {
    struct vault_head *head = &v->head;
    /* A number is never used again: next to it lies what is left of the key that had it. */
    if (head->n >= VAULT_CONVERSATIONS_MAX || head->next >= INT32_MAX) {
        return status_set(err, INGLE_LIMIT, 0,
                          "The vault is full: it keeps %u conversations; forget some of them.",
                          VAULT_CONVERSATIONS_MAX);
    }
    INGLE_TRY(reserve(head, head->n + 1, err));
    assert(head->chains);
    head->is_current = false;
    *number = head->next++;
    head->chains[head->n++] = (struct vault_chain){.number = *number, .kind = kind};
    return INGLE_OK;
}

void vault_head_remove(struct vault *v, uint32_t number) {
    struct vault_chain *chain = vault_head_find(v, number);
    if (!chain) return;
    v->head.is_current = false;
    size_t left = (size_t)(v->head.chains + v->head.n - (chain + 1));
    memmove(chain, chain + 1, left * sizeof *chain);
    v->head.n--;
}

void vault_head_clear(struct vault_head *head) {
    mem_free(head->chains);
    *head = (struct vault_head){0};
}
