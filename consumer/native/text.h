/* Bytes in a record, and buffers that texts are written to, as JSON and COPY have them. */
#ifndef TEXT_H
#define TEXT_H
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { MAX_ID = 255 };

typedef struct {
    const char *at;
    Py_ssize_t size;
} Text;

typedef struct {
    char *start;
    Py_ssize_t size, room;
} Buffer;

static int reserve(Buffer *buffer, Py_ssize_t more)
{
    if (buffer->size + more <= buffer->room) return 1;
    Py_ssize_t room = (buffer->size + more) * 2;
    char *start = PyMem_Realloc(buffer->start, room);
    if (start == NULL) return 0;
    buffer->start = start, buffer->room = room;
    return 1;
}

static int put(Buffer *buffer, const char *at, Py_ssize_t size)
{
    if (!reserve(buffer, size)) return 0;
    memcpy(buffer->start + buffer->size, at, size);
    buffer->size += size;
    return 1;
}

static int put_text(Buffer *buffer, Text text) { return put(buffer, text.at, text.size); }
#define PUT(buffer, literal) put(buffer, literal, sizeof(literal) - 1)

static int put_number(Buffer *buffer, int64_t number)
{
    char digits[24];
    return put(buffer, digits, snprintf(digits, sizeof digits, "%lld", (long long)number));
}

static int equal(Text one, Text other) { return one.size == other.size && memcmp(one.at, other.at, one.size) == 0; }

static int compare(Text one, Text other)
{
    Py_ssize_t size = one.size < other.size ? one.size : other.size;
    int order = memcmp(one.at, other.at, size);
    return order ? order : (one.size > other.size) - (one.size < other.size);
}

/* A JSON string, escaped no more than RFC 8259 section 7 demands, as orjson writes it. */
static int put_json(Buffer *buffer, Text text)
{
    if (!reserve(buffer, text.size * 6 + 2)) return 0;
    char *to = buffer->start + buffer->size;
    *to++ = '"';
    for (Py_ssize_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            *to++ = (char)byte;
            continue;
        }
        *to++ = '\\';
        switch (byte) {
        case '"': case '\\': *to++ = (char)byte; break;
        case '\b': *to++ = 'b'; break;
        case '\t': *to++ = 't'; break;
        case '\n': *to++ = 'n'; break;
        case '\f': *to++ = 'f'; break;
        case '\r': *to++ = 'r'; break;
        default: to += snprintf(to, 6, "u%04x", byte); break;
        }
    }
    *to++ = '"';
    buffer->size = to - buffer->start;
    return 1;
}

/* Integers as PostgreSQL's binary formats have them, the most significant byte first. */
static int put_int(Buffer *buffer, int64_t number, int bytes)
{
    if (!reserve(buffer, bytes)) return 0;
    for (int i = bytes - 1; i >= 0; i--) buffer->start[buffer->size++] = (char)((uint64_t)number >> (8 * i));
    return 1;
}

/* A field of COPY's binary format: its size and its bytes (PostgreSQL, COPY, "Binary Format"). */
static int put_field(Buffer *buffer, Text text) { return put_int(buffer, text.size, 4) && put_text(buffer, text); }

static int is_ascii(Text text)
{
    uint8_t all = 0;
    for (Py_ssize_t i = 0; i < text.size; i++) all |= (uint8_t)text.at[i];
    return all < 0x80;
}

/* Whether these bytes are UTF-8 (RFC 3629: no surrogates, nothing longer than it need be) without NUL. */
static int is_utf8(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        uint8_t first = *at++;
        if (first == 0) return 0;
        if (first < 0x80) continue;
        int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (first < 0xC2 || first > 0xF4 || end - at < more) return 0;
        uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (*at < low || *at > high) return 0;
        for (int i = 1; i < more; i++)
            if ((at[i] & 0xC0) != 0x80) return 0;
        at += more;
    }
    return 1;
}

/* The usual identity (SPEC 3): ASCII, 1 to 255 bytes, beginning with `prefix`; NUL was refused already. */
static int is_id(Text id, Text prefix)
{
    return id.size > 0 && id.size <= MAX_ID && is_ascii(id) && id.size >= prefix.size &&
           memcmp(id.at, prefix.at, prefix.size) == 0;
}

#endif
