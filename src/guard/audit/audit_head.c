/* The head: what the log should end with. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guard/audit/audit_internal.h"
#include "guard/audit/audit_text.h"

#define DOMAIN "ingle head "

static int put_place(char *out, size_t cap, const struct audit_place *p) {
    char hash[2 * AUDIT_HASH_SIZE + 1];
    audit_put_hex(hash, p->mark.hash, AUDIT_HASH_SIZE);
    return snprintf(out, cap, "{\"seq\":%" PRIu64 ",\"hash\":\"%s\",\"end\":%" PRIu64 "}",
                    p->mark.seq, hash, p->end);
}

/* Without the signature and what follows it. */
static size_t put_body(char out[AUDIT_SLOT], const struct audit_head *h) {
    char last[160], synced[160];
    put_place(last, sizeof last, &h->last);
    put_place(synced, sizeof synced, &h->synced);
    int n = snprintf(out, AUDIT_SLOT,
                     "{\"n\":%" PRIu64 ",\"last\":%s,\"synced\":%s,\"checkpoint\":%" PRIu64
                     ",\"boot\":\"%.36s\"",
                     h->n, last, synced, h->checkpoint, h->boot);
    return (size_t)n;
}

/* What is signed: the body, as something that is no checkpoint. */
static size_t signed_text(char out[AUDIT_SLOT + sizeof DOMAIN], const char *body, size_t size) {
    memcpy(out, DOMAIN, sizeof DOMAIN - 1);
    memcpy(out + sizeof DOMAIN - 1, body, size);
    return sizeof DOMAIN - 1 + size;
}

/* The slot of a body, which has 400 bytes at most, and a signature. */
static void put_slot(char slot[AUDIT_SLOT], size_t n_body, const uint8_t *signature) {
    char hex[2 * CRYPT_SIGNATURE_SIZE + 1];
    audit_put_hex(hex, signature, CRYPT_SIGNATURE_SIZE);
    int n = snprintf(slot + n_body, AUDIT_SLOT - n_body, ",\"sig\":\"%s\"}", hex);
    memset(slot + n_body + n, ' ', AUDIT_SLOT - 1 - n_body - (size_t)n);
    slot[AUDIT_SLOT - 1] = '\n';
}

void audit_slot_write(char slot[AUDIT_SLOT], const struct audit_head *head,
                      const struct crypt_signer *signer) {
    char text[AUDIT_SLOT + sizeof DOMAIN];
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    size_t n_body = put_body(slot, head);
    size_t n = signed_text(text, slot, n_body);
    crypt_sign(signature, signer, text, n);
    put_slot(slot, n_body, signature);
}

static bool read_place(struct audit_place *out, struct audit_cursor *c) {
    return audit_take(c, "{\"seq\":") && audit_take_number(c, &out->mark.seq) &&
           audit_take(c, ",\"hash\":") && audit_take_hash(c, out->mark.hash) &&
           audit_take(c, ",\"end\":") && audit_take_number(c, &out->end) && audit_take(c, "}");
}

static bool read_boot(char out[40], struct audit_cursor *c) {
    size_t n = 0;
    while (c->at < c->end && *c->at != '"' && n < 36) out[n++] = *c->at++;
    out[n] = '\0';
    return audit_take(c, "\"");
}

/* Leniently: that nothing else was there is found by writing it again. */
static bool read_body(struct audit_head *h, const char *text, uint8_t *signature) {
    struct audit_cursor at = {text, text + AUDIT_SLOT}, *c = &at;
    return audit_take(c, "{\"n\":") && audit_take_number(c, &h->n) && audit_take(c, ",\"last\":") &&
           read_place(&h->last, c) && audit_take(c, ",\"synced\":") && read_place(&h->synced, c) &&
           audit_take(c, ",\"checkpoint\":") && audit_take_number(c, &h->checkpoint) &&
           audit_take(c, ",\"boot\":\"") && read_boot(h->boot, c) && audit_take(c, ",\"sig\":\"") &&
           audit_take_hex(c, signature, CRYPT_SIGNATURE_SIZE);
}

/* The slot at place i, if it has the form; its signature is not looked at. */
static bool read_slot(struct audit_head *out, uint8_t *signature, const char *slots, unsigned i) {
    char again[AUDIT_SLOT];
    const char *slot = slots + i * AUDIT_SLOT;
    *out = (struct audit_head){0};
    if (!read_body(out, slot, signature) || out->n % 2 != i) return false;
    put_slot(again, put_body(again, out), signature);
    return memcmp(again, slot, AUDIT_SLOT) == 0;
}

static bool is_signed(const struct audit_head *h, const uint8_t *signature, const uint8_t *key) {
    char body[AUDIT_SLOT], text[AUDIT_SLOT + sizeof DOMAIN];
    size_t n = signed_text(text, body, put_body(body, h));
    return crypt_sign_check(signature, key, text, n);
}

/* The newer first: to check one signature is most often enough. */
bool audit_slots_read(struct audit_head *out, const char slots[2 * AUDIT_SLOT],
                      const uint8_t key[CRYPT_PUBLIC_SIZE]) {
    struct audit_head h[2];
    uint8_t signatures[2][CRYPT_SIGNATURE_SIZE];
    bool has[2];
    for (unsigned i = 0; i < 2; i++) has[i] = read_slot(&h[i], signatures[i], slots, i);
    unsigned newer = has[1] && (!has[0] || h[1].n > h[0].n);
    for (unsigned k = 0; k < 2; k++) {
        unsigned i = newer ^ k;
        if (!has[i] || !is_signed(&h[i], signatures[i], key)) continue;
        *out = h[i];
        return true;
    }
    *out = (struct audit_head){0};
    return false;
}

bool audit_slots_are_whole(const char slots[2 * AUDIT_SLOT], const uint8_t key[CRYPT_PUBLIC_SIZE]) {
    for (unsigned i = 0; i < 2; i++) {
        struct audit_head h;
        uint8_t signature[CRYPT_SIGNATURE_SIZE];
        if (!read_slot(&h, signature, slots, i) || !is_signed(&h, signature, key)) return false;
    }
    return true;
}
