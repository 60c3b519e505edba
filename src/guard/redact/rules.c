#include "guard/redact/rules.h"

#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "guard/redact/rule.h"

/* The earlier one wins where two match at one place. */
static const struct {
    const char *kind;
    rule_fn find;
} rules[] = {
    {"URL", rule_url},
    {"EMAIL_ADDRESS", rule_email},
    {"SECRET", rule_secret},
    {"IBAN_CODE", rule_iban},
    {"IP_ADDRESS", rule_ip},
    {"MAC_ADDRESS", rule_mac},
    {"COORDINATES", rule_coordinates},
    {"US_SSN", rule_ssn},
    {"CREDIT_CARD", rule_card},
    {"DATE_OF_BIRTH", rule_birth_date},
    {"DOCUMENT_NUMBER", rule_document},
    {"PHONE_NUMBER", rule_phone},
};

const char *redact_rule_kind(size_t i) {
    return i < BASE_COUNT(rules) ? rules[i].kind : NULL;
}

bool rule_has_word(const struct rule_text *t, size_t i, const char *word) {
    size_t len = strlen(word);
    return i <= t->len && t->len - i >= len && strncasecmp(t->data + i, word, len) == 0;
}

static bool is_filler(char c) {
    return rule_is_word(c) || (c && strchr(" \t:=#.-'(\"*|", c));
}

/* A whole word that ends at `end`? */
static bool ends_with(const struct rule_text *t, size_t end, const char *word, size_t len) {
    return end >= len && strncasecmp(t->data + end - len, word, len) == 0 &&
           (end == len || !rule_is_word(t->data[end - len - 1]));
}

bool rule_has_context(const struct rule_text *t, size_t i, const char *words, size_t reach) {
    for (size_t end = i; i - end <= reach; end--) {
        bool is_end = end == i || !rule_is_word(t->data[end]);
        for (const char *w = words; is_end && *w;) {
            size_t len = strcspn(w, "|");
            if (ends_with(t, end, w, len)) return true;
            w += len + (w[len] == '|');
        }
        if (end == 0 || !is_filler(t->data[end - 1])) return false;
    }
    return false;
}

/* Where a rule may look: where a word or number begins, or a sign that begins one. */
static bool may_begin(const struct rule_text *t, size_t i) {
    char c = t->data[i];
    if (rule_is_word(c)) return !rule_is_word(rule_before(t, i));
    return c == '+' || c == '(' || c == '-' || c == ':';
}

ingle_status redact_rules_part(struct redact_spans *out, const char *text, size_t len, size_t *at,
                               size_t end, ingle_error *err) {
    struct rule_text t = {text, len};
    for (size_t i = *at, n; i < end; i += n, *at = i) {
        n = 1;
        for (size_t r = 0; r < BASE_COUNT(rules) && may_begin(&t, i); r++) {
            size_t found = rules[r].find(&t, i);
            if (found == 0) continue;
            struct redact_span span = {i, i + found, rules[r].kind, 1.0f, REDACT_BY_RULE};
            INGLE_TRY(redact_spans_add(out, &span, err));
            n = found;
            break;
        }
    }
    return INGLE_OK;
}

ingle_status redact_rules(struct redact_spans *out, const char *text, size_t len,
                          ingle_error *err) {
    size_t at = 0;
    return redact_rules_part(out, text, len, &at, len, err);
}
