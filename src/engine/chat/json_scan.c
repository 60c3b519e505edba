#include "engine/chat/json_scan.h"

bool json_scan_in_object(const struct json_scan *s) {
    return s->depth > 0 && (s->objects[s->depth / 8] >> s->depth % 8 & 1);
}

static enum json_scan_event in_string(struct json_scan *s, char c) {
    if (s->is_escaped) {
        s->is_escaped = false;
    } else if (c == '\\') {
        s->is_escaped = true;
    } else if (c == '"') {
        s->in_string = false;
        bool is_key = s->is_key;
        s->is_key = false;
        return is_key ? SCAN_KEY : SCAN_STRING;
    }
    return SCAN_INSIDE;
}

static enum json_scan_event open_bracket(struct json_scan *s, bool is_object) {
    if (s->depth == JSON_TREE_MAX_DEPTH) return SCAN_BROKEN;
    s->depth++;
    uint8_t bit = (uint8_t)(1u << s->depth % 8);
    s->objects[s->depth / 8] &= (uint8_t)~bit;
    if (is_object) s->objects[s->depth / 8] |= bit;
    s->is_key = is_object;
    return SCAN_OPEN;
}

static enum json_scan_event close_bracket(struct json_scan *s, bool is_object) {
    if (s->depth == 0 || json_scan_in_object(s) != is_object) return SCAN_BROKEN;
    s->depth--;
    s->is_key = false;
    return SCAN_CLOSE;
}

enum json_scan_event json_scan_byte(struct json_scan *s, char c) {
    size_t at = s->n++;
    if (s->in_string) return in_string(s, c);
    switch (c) {
    case '"':
        s->in_string = true;
        s->string_at = at;
        return SCAN_INSIDE;
    case '{':
    case '[':
        return open_bracket(s, c == '{');
    case '}':
    case ']':
        return close_bracket(s, c == '}');
    case ',':
        s->is_key = json_scan_in_object(s);
        return SCAN_INSIDE;
    case ' ':
    case '\n':
    case '\r':
    case '\t':
    case ':':
    case '+':
    case '-':
    case '.':
        return SCAN_INSIDE;
    default:
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ? SCAN_INSIDE
                                                                                  : SCAN_BROKEN;
    }
}
