#include "cli/vault_anchor.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "cli/audit_note.h"
#include "cli/user_dir.h"

#define MAX_FIELDS ((size_t)64 << 10) /* of a record, parsed */

static ingle_status id_of(uint8_t out[VAULT_ANCHOR_ID], const struct vault *v) {
    struct vault_key *key;
    uint8_t hash[CRYPT_HASH_SIZE];
    INGLE_TRY(vault_derive_key(&key, v, "auditid", NULL));
    vault_key_hash(hash, key, "", 0, "", 0);
    vault_key_close(key);
    memcpy(out, hash, VAULT_ANCHOR_ID);
    return INGLE_OK;
}

void vault_anchor_note(struct vault *v) {
    uint8_t id[VAULT_ANCHOR_ID];
    uint64_t generation;
    if (id_of(id, v) != INGLE_OK || vault_generation(v, &generation, NULL) != INGLE_OK) return;
    const struct audit_field fields[] = {AUDIT_FIELD_WORDS("what", "changed"),
                                         AUDIT_FIELD_HEX("vault", id, sizeof id),
                                         AUDIT_FIELD_NUMBER("generation", generation)};
    audit_note(AUDIT_VAULT, fields, BASE_COUNT(fields));
}

void vault_anchor_open(struct vault_anchor *a) {
    char folder[USER_DIR_CAP], key_folder[USER_DIR_CAP];
    *a = (struct vault_anchor){0};
    if (!user_state_dir(folder, "") || !user_state_dir(key_folder, "/keys")) return;
    struct vault_where where = {folder, key_folder};
    if (vault_open_any(&a->vault, &where, NULL, NULL) != INGLE_OK) {
        a->vault = NULL;
    } else if (id_of(a->id, a->vault) != INGLE_OK) {
        vault_anchor_close(a);
    }
}

void vault_anchor_close(struct vault_anchor *a) {
    vault_close(a->vault);
    a->vault = NULL;
}

static bool is_id(const struct json_value *v, const uint8_t id[VAULT_ANCHOR_ID]) {
    static const char digits[] = "0123456789abcdef";
    if (!v || v->kind != JSON_STRING || v->text.len != (size_t)2 * VAULT_ANCHOR_ID) return false;
    for (size_t i = 0; i < VAULT_ANCHOR_ID; i++) {
        if (v->text.data[2 * i] != digits[id[i] >> 4]) return false;
        if (v->text.data[2 * i + 1] != digits[id[i] & 15]) return false;
    }
    return true;
}

bool vault_anchor_record(const struct audit_record *r, void *user) {
    struct vault_anchor *a = user;
    struct arena arena;
    const struct json_value *fields = NULL;
    if (!a->vault || strcmp(r->kind, "vault") != 0) return true;
    arena_init(&arena, MAX_FIELDS);
    ingle_status status =
        json_tree_parse(&fields, &arena, r->fields, r->fields_size, "a record", NULL);
    const struct json_value *number = status == INGLE_OK ? json_member(fields, "generation") : NULL;
    if (number && number->kind == JSON_NUMBER && is_id(json_member(fields, "vault"), a->id)) {
        uint64_t generation = strtoull(number->text.data, NULL, 10);
        if (generation > a->noted) a->noted = generation;
        a->n_noted++;
    }
    arena_clear(&arena);
    return true;
}

bool vault_anchor_is_old(struct vault_anchor *a) {
    if (a->vault && vault_generation(a->vault, &a->generation, NULL) != INGLE_OK) {
        vault_anchor_close(a); /* damaged: ingle vault list says so */
    }
    return a->vault && a->generation < a->noted;
}
