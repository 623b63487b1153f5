/* What changed between two snapshots, leaf by leaf, and its text (SPEC 4, "The diff"; consumer/event/diff.py is the definition). */
#ifndef DIFF_H
#define DIFF_H
#include "json.h"
#include "plan.h"

enum { MAX_CHANGES = 256 };

typedef struct {
    Py_ssize_t pointer, pointer_size; /* into the buffer of pointers */
    int masked;
    Value before, after;
} Change;

/* The changes of one record, and the buffers that are used again for the next one. */
typedef struct {
    PyObject *names_secret; /* catalog.secret_keys.names_secret */
    Buffer pointers, text;
    Change changes[MAX_CHANGES];
    int count;
} Diff;

static int same(Value one, Value other)
{
    one = chosen(one), other = chosen(other);
    if (one.type == NULL || other.type == NULL) return one.type == other.type;
    if (one.type->kind != other.type->kind) return 0;
    Py_ssize_t size = end_of(one) - one.at;
    return size == end_of(other) - other.at && memcmp(one.at, other.at, size) == 0;
}

static int is_branch(Value value) { return value.type != NULL && (value.type->kind == K_RECORD || value.type->kind == K_MAP); }

static int has_members(Value value)
{
    return is_branch(value) && (value.type->kind == K_RECORD ? value.type->count : count_of(value)) > 0;
}

/* The JSON pointer `parent` (in the buffer of pointers) with one more key (RFC 6901 section 3). */
static int put_pointer(Diff *diff, Text parent, Text key, Change *change)
{
    Buffer *to = &diff->pointers;
    Py_ssize_t parent_at = parent.at ? parent.at - to->start : 0;
    change->pointer = to->size;
    if (!reserve(to, parent.size + key.size * 2 + 1)) return 0;
    memcpy(to->start + to->size, to->start + parent_at, parent.size);
    to->size += parent.size;
    to->start[to->size++] = '/';
    for (Py_ssize_t i = 0; i < key.size; i++) {
        char byte = key.at[i];
        if (byte == '~' || byte == '/') {
            to->start[to->size++] = '~';
            byte = byte == '~' ? '0' : '1';
        }
        to->start[to->size++] = byte;
    }
    change->pointer_size = to->size - change->pointer;
    return 1;
}

static Text pointer_of(const Diff *diff, const Change *change)
{
    return (Text){diff->pointers.start + change->pointer, change->pointer_size};
}

static int walk(Diff *diff, Change change, const Field *field);

static int add(Diff *diff, Change change)
{
    if (diff->count == MAX_CHANGES) return 0;
    diff->changes[diff->count++] = change;
    return 1;
}

/* 1 or 0; -1 with Python's error set. */
static int is_secret(Diff *diff, Text key)
{
    PyObject *text = PyUnicode_DecodeUTF8(key.at, key.size, NULL);
    if (text == NULL) return -1;
    PyObject *answer = PyObject_CallOneArg(diff->names_secret, text);
    Py_DECREF(text);
    if (answer == NULL) return -1;
    int secret = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return secret;
}

/* Whether two values that are not `same` differ for Python as well: doubles and what has members may be equal in other bytes. */
static int bytes_decide(Value one, Value other)
{
    one = chosen(one), other = chosen(other);
    if (one.type == NULL || other.type == NULL || one.type->kind != other.type->kind) return 1;
    return one.type->kind < K_DOUBLE || one.type->kind == K_STRING || one.type->kind == K_ENUM;
}

static int walk_member(Diff *diff, Change parent, Text name, Value before, Value after, const Field *field)
{
    if (same(before, after)) return 1;
    Change change = {.before = before, .after = after};
    if (!put_pointer(diff, pointer_of(diff, &parent), name, &change)) return 0;
    if (field->open_map) {
        int secret = is_secret(diff, name);
        if (secret < 0) return 0;
        if (secret) { /* the values are not written */
            if (!bytes_decide(before, after)) return 0;
            change.masked = 1;
            return add(diff, change);
        }
    }
    return walk(diff, change, field);
}

static int walk_members(Diff *diff, Change parent, Value before, Value after, const Field *field)
{
    Member was[MAX_MEMBERS], now[MAX_MEMBERS];
    int was_count = members_of(before, was), now_count = members_of(after, now);
    char met[MAX_MEMBERS] = {0};
    for (int i = 0; i < was_count; i++) {
        Value other = {NULL, NULL};
        for (int j = 0; j < now_count; j++) {
            int at = (i + j) % now_count; /* mostly the keys of both are in one order */
            if (equal(was[i].name, now[at].name)) {
                other = now[at].value, met[at] = 1;
                break;
            }
        }
        if (!walk_member(diff, parent, was[i].name, was[i].value, other, field)) return 0;
    }
    for (int i = 0; i < now_count; i++)
        if (!met[i] && !walk_member(diff, parent, now[i].name, (Value){NULL, NULL}, now[i].value, field)) return 0;
    return 1;
}

static int walk(Diff *diff, Change change, const Field *field)
{
    const Value none = {NULL, NULL};
    Value before = chosen(change.before), after = chosen(change.after);
    if (is_branch(before) && is_branch(after)) return walk_members(diff, change, before, after, field);
    if (has_members(before) || has_members(after)) {
        if (is_branch(before)) {
            if (!walk_members(diff, change, before, none, field)) return 0;
            before = none;
        }
        if (is_branch(after)) {
            if (!walk_members(diff, change, none, after, field)) return 0;
            after = none;
        }
        if (before.type == NULL && after.type == NULL) return 1;
    } else if (same(before, after)) {
        return 1;
    }
    change.before = before, change.after = after;
    return add(diff, change);
}

/* The items of `list` that `other` holds less often, in their order (SPEC 4: multisets). */
static int put_surplus(Buffer *buffer, Value list, Value other)
{
    Value items[MAX_MEMBERS], others[MAX_MEMBERS];
    char matched[MAX_MEMBERS] = {0};
    int64_t counts[2];
    for (int which = 0; which < 2; which++) {
        Value of = which ? other : list;
        const uint8_t *at = number_at(of.at, &counts[which]);
        if (counts[which] > MAX_MEMBERS) return 0;
        for (int i = 0; i < counts[which]; i++) {
            Value item = {of.type->children[0], at};
            (which ? others : items)[i] = item;
            at = end_of(item);
        }
    }
    int first = 1;
    if (!PUT(buffer, "[")) return 0;
    for (int i = 0; i < counts[0]; i++) {
        int found = 0;
        for (int j = 0; j < counts[1] && !found; j++)
            if (!matched[j] && same(items[i], others[j])) found = matched[j] = 1;
        if (found) continue;
        if ((!first && !PUT(buffer, ",")) || !put_value(buffer, items[i])) return 0;
        first = 0;
    }
    return PUT(buffer, "]");
}

static int put_change(Buffer *buffer, const Change *change)
{
    Value before = change->before, after = change->after;
    if (change->masked) return PUT(buffer, "{\"masked\":true}");
    if (before.type == NULL) return PUT(buffer, "{\"after\":") && put_value(buffer, after) && PUT(buffer, "}");
    if (after.type == NULL) return PUT(buffer, "{\"before\":") && put_value(buffer, before) && PUT(buffer, "}");
    int lists = before.type->kind == K_ARRAY && after.type->kind == K_ARRAY;
    if (!PUT(buffer, "{")) return 0;
    if (lists && !(PUT(buffer, "\"added\":") && put_surplus(buffer, after, before) && PUT(buffer, ","))) return 0;
    if (!(PUT(buffer, "\"after\":") && put_value(buffer, after))) return 0;
    if (!(PUT(buffer, ",\"before\":") && put_value(buffer, before))) return 0;
    if (lists && !(PUT(buffer, ",\"removed\":") && put_surplus(buffer, before, after))) return 0;
    return PUT(buffer, "}");
}

/* Collects the changes of all fields, by the order of their pointers; marks in `changed` which tracked fields have one. */
static int collect(Diff *diff, const Plan *plan, Value data, Value before, Value after, char *changed)
{
    const Value none = {NULL, NULL};
    diff->count = 0, diff->pointers.size = 0;
    for (int i = 0; i < plan->tracked_count + plan->facts_count; i++) {
        int is_fact = i >= plan->tracked_count, count = diff->count;
        const Field *field = is_fact ? &plan->facts[i - plan->tracked_count] : &plan->tracked[i];
        Change change = {.before = none, .after = none};
        if (is_fact) change.after = field_at(data, field->after);
        else {
            if (before.type != NULL) change.before = field_at(before, field->before);
            if (after.type != NULL) change.after = field_at(after, field->after);
        }
        if (same(change.before, change.after)) continue;
        if (!put_pointer(diff, (Text){NULL, 0}, field->name, &change) || !walk(diff, change, field)) return 0;
        if (!is_fact) changed[i] = diff->count > count;
    }
    for (int i = 1; i < diff->count; i++) { /* nearly sorted, and few */
        Change change = diff->changes[i];
        int j = i;
        for (; j > 0 && compare(pointer_of(diff, &diff->changes[j - 1]), pointer_of(diff, &change)) > 0; j--)
            diff->changes[j] = diff->changes[j - 1];
        diff->changes[j] = change;
    }
    return 1;
}

static int put_diff(Diff *diff, const Plan *plan, Value data, Value origin, Text channel)
{
    Buffer *to = &diff->text;
    to->size = 0;
    if (!PUT(to, "{\"changes\":{")) return 0;
    for (int i = 0; i < diff->count; i++)
        if ((i > 0 && !PUT(to, ",")) || !put_json(to, pointer_of(diff, &diff->changes[i])) || !PUT(to, ":") ||
            !put_change(to, &diff->changes[i])) return 0;
    if (!PUT(to, "}")) return 0;
    int given = 0;
    for (int i = 0; i < plan->context_count; i++) {
        Value value = field_at(data, plan->context[i].after);
        if (is_null(value)) continue;
        if (plan->context[i].is_id && !is_id(text_of(value), (Text){"", 0})) return 0;
        if (!(given ? PUT(to, ",") : PUT(to, ",\"context\":{"))) return 0;
        if (!put_json(to, plan->context[i].name) || !PUT(to, ":") || !put_value(to, value)) return 0;
        given = 1;
    }
    if (given && !PUT(to, "}")) return 0;
    if (equal(channel, (Text){"mcp", 3}) &&
        !(PUT(to, ",\"mcp\":{\"client\":") && put_value(to, field_at(origin, plan->client)) &&
          PUT(to, ",\"tool\":") && put_value(to, field_at(origin, plan->tool)) &&
          PUT(to, "},\"source\":\"mcp\""))) return 0;
    return PUT(to, "}");
}

#endif
