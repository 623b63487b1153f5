/* The CloudEvents attributes out of a record's headers, where they are written in the usual form (consumer/event/envelope.py). */
#ifndef HEADERS_H
#define HEADERS_H
#include "text.h"

typedef struct {
    Text id, source, type, time;
    Text trace; /* at NULL: none */
    int64_t time_us;
} Envelope;

enum { H_SPECVERSION, H_ID, H_SOURCE, H_TYPE, H_TIME, H_CONTENT_TYPE, H_TRACEPARENT, H_COUNT };
static const char *const HEADERS[] = {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent"};

static int digits(const char *at, int count, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') return 0;
        *number = *number * 10 + (at[i] - '0');
    }
    return 1;
}

/* The form in which times are stored: 2026-11-22T21:38:00.000000Z, before the last day that is recorded. */
static int read_time(Text text, int64_t *time_us)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, hour, minute, second, micro;
    const char *at = text.at;
    if (text.size != 27 || !digits(at, 4, &year) || at[4] != '-' || !digits(at + 5, 2, &month) || at[7] != '-' ||
        !digits(at + 8, 2, &day) || at[10] != 'T' || !digits(at + 11, 2, &hour) || at[13] != ':' ||
        !digits(at + 14, 2, &minute) || at[16] != ':' || !digits(at + 17, 2, &second) || at[19] != '.' ||
        !digits(at + 20, 6, &micro) || at[26] != 'Z') return 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return 0;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > DAYS[month - 1] + (month == 2 && leap) || (year == 9999 && month == 12 && day > 30)) return 0;
    int64_t before = year - 1, days = before * 365 + before / 4 - before / 100 + before / 400 - 719162 + day - 1;
    for (int i = 0; i < month - 1; i++) days += DAYS[i] + (i == 1 && leap);
    *time_us = ((days * 24 + hour) * 60 + minute) * 60 * 1000000LL + second * 1000000LL + micro;
    return 1;
}

/* W3C Trace Context, version 00: 00-<32 digits>-<16 digits>-<2 digits>, ids not all zero. */
static int read_trace(Text text, Text *trace)
{
    int trace_zero = 1, span_zero = 1;
    if (text.size != 55 || memcmp(text.at, "00-", 3) != 0 || text.at[35] != '-' || text.at[52] != '-') return 0;
    for (int i = 3; i < 55; i++) {
        char c = text.at[i];
        if (i == 35 || i == 52) continue;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return 0;
        if (c != '0' && i < 35) trace_zero = 0;
        if (c != '0' && i > 35 && i < 52) span_zero = 0;
    }
    *trace = (Text){text.at + 3, 32};
    return !trace_zero && !span_zero;
}

static int read_headers(PyObject *headers, Envelope *envelope)
{
    Text found[H_COUNT] = {{NULL, 0}};
    PyObject *all = PyTuple_Check(headers) || PyList_Check(headers) ? headers : NULL;
    Py_ssize_t count = all ? PySequence_Fast_GET_SIZE(all) : 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *header = PySequence_Fast_GET_ITEM(all, i);
        if (!PyTuple_Check(header) || PyTuple_GET_SIZE(header) != 2) return 0;
        PyObject *name = PyTuple_GET_ITEM(header, 0), *value = PyTuple_GET_ITEM(header, 1);
        if (!PyUnicode_Check(name)) return 0;
        for (int known = 0; known < H_COUNT; known++) {
            if (PyUnicode_CompareWithASCIIString(name, HEADERS[known]) != 0) continue;
            if (found[known].at != NULL || !PyBytes_Check(value)) return 0;
            found[known] = (Text){PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)};
        }
    }
    for (int known = 0; known < H_TRACEPARENT; known++)
        if (found[known].at == NULL) return 0;
    *envelope = (Envelope){.id = found[H_ID], .source = found[H_SOURCE], .type = found[H_TYPE], .time = found[H_TIME]};
    Text none = {"", 0};
    if (!equal(found[H_SPECVERSION], (Text){"1.0", 3}) || !equal(found[H_CONTENT_TYPE], (Text){"application/avro", 16}) ||
        !is_id(envelope->id, none) || memchr(envelope->id.at, 0, envelope->id.size) ||
        !is_id(envelope->source, none) || memchr(envelope->source.at, 0, envelope->source.size)) return 0;
    if (found[H_TRACEPARENT].at != NULL && !read_trace(found[H_TRACEPARENT], &envelope->trace)) return 0;
    return read_time(envelope->time, &envelope->time_us);
}

#endif
