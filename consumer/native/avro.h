/* The binary encoding of Avro (1.12), read where it lies; the bytes of a record are checked once, by `pass`.
 *
 * A value is a type and where it begins. Numbers of more bytes than they need and lists in several blocks are left to Python, so
 * two values of one type are equal if their bytes are. */
#ifndef AVRO_H
#define AVRO_H
#include "text.h"

enum { MAX_MEMBERS = 128 };
enum kind { K_NULL, K_BOOLEAN, K_INT, K_LONG, K_DOUBLE, K_STRING, K_ENUM, K_ARRAY, K_MAP, K_RECORD, K_UNION };
static const char *const KINDS[] = {"null",  "boolean", "int", "long",   "double", "string",
                                    "enum", "array",   "map", "record", "union"};

/* A type of the schema. Enums have names, arrays, maps and unions have children, records have both. */
typedef struct Type {
    enum kind kind;
    int count;
    Text *names;
    struct Type **children;
} Type;

/* A value: `type` NULL where there is none. */
typedef struct {
    const Type *type;
    const uint8_t *at;
} Value;

/* Reads a zigzag varint that is no longer than it need be; NULL otherwise. */
static const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, int bits, int64_t *number)
{
    uint64_t raw = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1) return NULL;
        raw |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if ((byte == 0 && shift > 0) || (bits == 32 && raw >> 32)) return NULL;
            *number = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
            return at;
        }
    }
    return NULL;
}

static const uint8_t *read_text(const uint8_t *at, const uint8_t *end, Text *text)
{
    int64_t size = 0;
    if ((at = read_varint(at, end, 64, &size)) == NULL || size < 0 || size > end - at) return NULL;
    text->at = (const char *)at, text->size = (Py_ssize_t)size;
    return at + size;
}

/* Past a value of this type, every byte of it checked; NULL for what is left to Python. */
static const uint8_t *pass(const Type *type, const uint8_t *at, const uint8_t *end)
{
    int64_t number = 0;
    Text text, keys[MAX_MEMBERS];
    switch (type->kind) {
    case K_NULL: return at;
    case K_BOOLEAN: return at < end && *at <= 1 ? at + 1 : NULL;
    case K_INT: return read_varint(at, end, 32, &number);
    case K_LONG: return read_varint(at, end, 64, &number);
    case K_DOUBLE: return end - at >= 8 ? at + 8 : NULL;
    case K_STRING:
        at = read_text(at, end, &text);
        return at != NULL && is_utf8((const uint8_t *)text.at, at) ? at : NULL;
    case K_ENUM:
        at = read_varint(at, end, 32, &number);
        return at != NULL && number >= 0 && number < type->count ? at : NULL;
    case K_UNION:
        at = read_varint(at, end, 32, &number);
        return at != NULL && number >= 0 && number < type->count ? pass(type->children[number], at, end) : NULL;
    case K_RECORD:
        for (int i = 0; i < type->count && at != NULL; i++) at = pass(type->children[i], at, end);
        return at;
    case K_ARRAY:
    case K_MAP:
        if ((at = read_varint(at, end, 64, &number)) == NULL || number < 0) return NULL;
        if (number == 0) return at;
        if (type->kind == K_MAP && number > MAX_MEMBERS) return NULL;
        for (int64_t i = 0; i < number; i++) {
            if (type->kind == K_MAP) {
                if ((at = read_text(at, end, &text)) == NULL || !is_utf8((const uint8_t *)text.at, at)) return NULL;
                for (int64_t j = 0; j < i; j++)
                    if (equal(keys[j], text)) return NULL;
                keys[i] = text;
            }
            if ((at = pass(type->children[0], at, end)) == NULL) return NULL;
        }
        return at < end && *at == 0 ? at + 1 : NULL; /* one block, then the empty one */
    }
    return NULL;
}

/* The functions below read what `pass` has checked. */

static const uint8_t *number_at(const uint8_t *at, int64_t *number) { return read_varint(at, at + 10, 64, number); }

static Text text_at(const uint8_t *at)
{
    int64_t size = 0;
    at = number_at(at, &size);
    return (Text){(const char *)at, (Py_ssize_t)size};
}

/* The value with the branch of a union chosen. */
static Value chosen(Value value)
{
    while (value.type != NULL && value.type->kind == K_UNION) {
        int64_t branch = 0;
        value.at = number_at(value.at, &branch);
        value.type = value.type->children[branch];
    }
    return value;
}

static const uint8_t *end_of_text(const uint8_t *at)
{
    Text text = text_at(at);
    return (const uint8_t *)text.at + text.size;
}

static const uint8_t *end_of(Value value)
{
    int64_t number = 0;
    value = chosen(value);
    const uint8_t *at = value.at;
    switch (value.type->kind) {
    case K_NULL: case K_UNION: return at;
    case K_BOOLEAN: return at + 1;
    case K_INT: case K_LONG: case K_ENUM: return number_at(at, &number);
    case K_DOUBLE: return at + 8;
    case K_STRING: return end_of_text(at);
    case K_RECORD:
        for (int i = 0; i < value.type->count; i++) at = end_of((Value){value.type->children[i], at});
        return at;
    case K_ARRAY: case K_MAP:
        at = number_at(at, &number);
        if (number == 0) return at;
        for (int64_t i = 0; i < number; i++) {
            if (value.type->kind == K_MAP) at = end_of_text(at);
            at = end_of((Value){value.type->children[0], at});
        }
        return at + 1;
    }
    return at;
}

static Value field_at(Value record, int place)
{
    Value field = {record.type->children[0], record.at};
    for (int i = 0; i < place; i++) {
        field.at = end_of(field);
        field.type = record.type->children[i + 1];
    }
    return field;
}

static int is_null(Value value) { return value.type == NULL || chosen(value).type->kind == K_NULL; }

/* The text of a string or of an enum's symbol; a text at NULL for any other type. */
static Text text_of(Value value)
{
    value = chosen(value);
    if (value.type->kind == K_STRING) return text_at(value.at);
    if (value.type->kind != K_ENUM) return (Text){NULL, 0};
    int64_t symbol = 0;
    number_at(value.at, &symbol);
    return value.type->names[symbol];
}

static int64_t count_of(Value list)
{
    int64_t count = 0;
    number_at(list.at, &count);
    return count;
}

#endif
