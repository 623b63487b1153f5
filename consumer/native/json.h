/* A value as canonical JSON (SPEC 4). */
#ifndef JSON_H
#define JSON_H
#include "avro.h"

typedef struct {
    Text name;
    Value value;
} Member;

/* The members of a record or a map, at most MAX_MEMBERS: the plan and `pass` see to it. */
static int members_of(Value value, Member *members)
{
    if (value.type == NULL) return 0;
    int count = value.type->count;
    const uint8_t *at = value.at;
    if (value.type->kind == K_MAP) {
        int64_t entries = 0;
        at = number_at(at, &entries);
        count = (int)entries;
    }
    for (int i = 0; i < count; i++) {
        if (value.type->kind == K_MAP) {
            members[i].name = text_at(at);
            at = (const uint8_t *)members[i].name.at + members[i].name.size;
            members[i].value = (Value){value.type->children[0], at};
        } else {
            members[i] = (Member){value.type->names[i], {value.type->children[i], at}};
        }
        at = end_of(members[i].value);
    }
    return count;
}

static int by_name(const void *one, const void *other)
{
    return compare(((const Member *)one)->name, ((const Member *)other)->name);
}

static int put_value(Buffer *buffer, Value value)
{
    value = chosen(value);
    int64_t number = 0;
    switch (value.type->kind) {
    case K_NULL: return PUT(buffer, "null");
    case K_BOOLEAN: return *value.at ? PUT(buffer, "true") : PUT(buffer, "false");
    case K_INT: case K_LONG: number_at(value.at, &number); return put_number(buffer, number);
    case K_STRING: case K_ENUM: return put_json(buffer, text_of(value));
    case K_ARRAY: {
        const uint8_t *at = number_at(value.at, &number);
        if (!PUT(buffer, "[")) return 0;
        for (int64_t i = 0; i < number; i++) {
            Value item = {value.type->children[0], at};
            if ((i > 0 && !PUT(buffer, ",")) || !put_value(buffer, item)) return 0;
            at = end_of(item);
        }
        return PUT(buffer, "]");
    }
    case K_MAP: case K_RECORD: {
        Member members[MAX_MEMBERS];
        int count = members_of(value, members);
        if (!PUT(buffer, "{")) return 0;
        qsort(members, count, sizeof *members, by_name);
        for (int i = 0; i < count; i++)
            if ((i > 0 && !PUT(buffer, ",")) || !put_json(buffer, members[i].name) || !PUT(buffer, ":") ||
                !put_value(buffer, members[i].value)) return 0;
        return PUT(buffer, "}");
    }
    default: return 0; /* floating-point numbers have rules of their own */
    }
}

#endif
