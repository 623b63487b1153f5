/* From a record to the row for COPY in one pass over its bytes; see consumer/native/__init__.py.
 *
 * Invariant: row() answers only what the Python definition answers. Whatever is not handled here, bytes that break a rule
 * included, is None, and then Python decides and finds the words. So there is no error message here, and no parking.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <marshal.h>

#include "diff.h"
#include "headers.h"

/* Bytes. A text is read several times here, byte by byte; of longer ones Python's own functions are faster (docs/benchmarks.md). */
enum { MAX_NATIVE_VALUE = 8 * 1024 };

typedef struct {
    PyObject_HEAD
    PyObject *plans; /* the first bytes of a value -> capsule of a Plan */
    PyObject *row_class, *sha256;
    Diff diff;
    Buffer facets, digest, row;
    int busy;
} Rows;

/* Everything of an entry that its digest covers (SPEC 4); a text at NULL is null. */
typedef struct {
    Text workspace, action, actor_type, actor_id, email, subject_type, subject_id, label, channel;
    Text facets[2 * MAX_FIELDS];
    int facet_count;
} Entry;

static int by_text(const void *one, const void *other) { return compare(*(const Text *)one, *(const Text *)other); }

static int read_facets(Rows *rows, const Plan *plan, Value data, const char *changed, Entry *entry)
{
    Py_ssize_t starts[2 * MAX_FIELDS];
    Buffer *to = &rows->facets;
    int count = 0;
    to->size = 0;
    for (int i = 0; i < plan->facets_count; i++) {
        const Facet *facet = &plan->facets[i];
        for (int field = 0; field < (facet->of == OF_CHANGED ? plan->tracked_count : 1); field++) {
            if (facet->of == OF_CHANGED && !changed[field]) continue;
            if (count == 2 * MAX_FIELDS - 1) return 0;
            starts[count++] = to->size;
            if (!put_text(to, facet->text)) return 0;
            if (facet->of == OF_CHANGED && !put_text(to, plan->tracked[field].name)) return 0;
            if (facet->of != OF_EVENT) continue;
            Value value = chosen(field_at(data, facet->field));
            int64_t number = 0;
            if (value.type->kind == K_INT || value.type->kind == K_LONG) {
                number_at(value.at, &number);
                if (!put_number(to, number)) return 0;
            } else if (text_of(value).at == NULL || !put_text(to, text_of(value))) return 0;
        }
    }
    for (int i = 0; i < count; i++) {
        entry->facets[i] = (Text){to->start + starts[i], (i + 1 < count ? starts[i + 1] : to->size) - starts[i]};
    }
    entry->facet_count = count;
    qsort(entry->facets, count, sizeof(Text), by_text);
    return 1;
}

static int read_entry(const Plan *plan, Value data, Text key, Entry *entry)
{
    const Text none = {"", 0};
    Value actor = field_at(data, plan->actor), email = field_at(actor, plan->actor_email);
    entry->workspace = text_of(field_at(data, plan->workspace));
    entry->actor_type = text_of(field_at(actor, plan->actor_type));
    entry->actor_id = text_of(field_at(actor, plan->actor_id));
    entry->subject_id = text_of(field_at(data, plan->subject));
    entry->channel = text_of(field_at(field_at(data, plan->origin), plan->channel));
    entry->email = is_null(email) ? (Text){NULL, 0} : text_of(email);
    entry->action = plan->action, entry->subject_type = plan->subject_type;
    if (!is_null(email) && !entry->email.at) return 0;
    if (!entry->workspace.at || !entry->actor_type.at || !entry->actor_id.at || !entry->subject_id.at || !entry->channel.at)
        return 0;
    Text actor_prefix = equal(entry->actor_type, (Text){"user", 4}) ? (Text){"user_", 5} : none;
    return is_id(entry->workspace, (Text){"org_", 4}) && equal(entry->workspace, key) &&
           is_id(entry->actor_id, actor_prefix) && is_id(entry->subject_id, plan->subject_prefix);
}

static int read_label(const Plan *plan, Value data, Value before, Value after, Text *label)
{
    Value value = {NULL, NULL};
    if (plan->label_field >= 0) value = field_at(data, plan->label_field);
    else if (plan->label_after >= 0 && after.type != NULL) value = field_at(after, plan->label_after);
    else if (plan->label_before >= 0 && before.type != NULL) value = field_at(before, plan->label_before);
    else if (plan->label_after >= 0 || plan->label_before >= 0) return 0;
    if (is_null(value)) return 1;
    *label = text_of(value);
    return label->at != NULL;
}

static int put_member(Buffer *to, const char *before, Text text)
{
    return put(to, before, strlen(before)) && (text.at ? put_json(to, text) : PUT(to, "null"));
}

/* The entry as canonical JSON: what `content_digest` is the SHA-256 of. */
static int put_digested(Rows *rows, const Entry *entry, const Envelope *envelope)
{
    Buffer *to = &rows->digest;
    Text diff = {rows->diff.text.start, rows->diff.text.size};
    to->size = 0;
    if (!put_member(to, "{\"action\":", entry->action) || !put_member(to, ",\"actor_email\":", entry->email) ||
        !put_member(to, ",\"actor_id\":", entry->actor_id) || !put_member(to, ",\"actor_type\":", entry->actor_type) ||
        !put_member(to, ",\"channel\":", entry->channel) || !put_member(to, ",\"diff\":", diff) ||
        !put_member(to, ",\"event_id\":", envelope->id) || !put_member(to, ",\"event_source\":", envelope->source) ||
        !PUT(to, ",\"facets\":[")) return 0;
    for (int i = 0; i < entry->facet_count; i++)
        if (!put_member(to, i ? "," : "", entry->facets[i])) return 0;
    return put_member(to, "],\"occurred_at\":", envelope->time) && put_member(to, ",\"subject_id\":", entry->subject_id) &&
           put_member(to, ",\"subject_label\":", entry->label) && put_member(to, ",\"subject_type\":", entry->subject_type) &&
           put_member(to, ",\"workspace_id\":", entry->workspace) && PUT(to, "}");
}

/* -1 as the size is NULL. */
static int put_column(Buffer *to, Text text) { return text.at ? put_field(to, text) : put_int(to, -1, 4); }

static int put_integer(Buffer *to, int64_t number, int bytes) { return put_int(to, bytes, 4) && put_int(to, number, bytes); }

/* A text array: one dimension or none, no null, the type of its items, their number and the first index. */
static int put_texts(Buffer *to, const Text *texts, int count)
{
    enum { TEXT_OID = 25 };
    Py_ssize_t at = to->size;
    if (!put_int(to, 0, 4) || !put_int(to, count > 0, 4) || !put_int(to, 0, 4) || !put_int(to, TEXT_OID, 4)) return 0;
    if (count && (!put_int(to, count, 4) || !put_int(to, 1, 4))) return 0;
    for (int i = 0; i < count; i++)
        if (!put_field(to, texts[i])) return 0;
    Py_ssize_t end = to->size;
    to->size = at;
    put_int(to, end - at - 4, 4);
    to->size = end;
    return 1;
}

typedef struct {
    Text topic;
    int64_t ordinal, partition, offset, timestamp;
    int has_timestamp;
} Position;

/* The staged row (sql/queries/consumer/staging.sql) in COPY's binary format. */
static int put_row(Rows *rows, const Entry *entry, const Envelope *envelope, const Position *position, PyObject *digest)
{
    enum { COLUMNS = 21 };
    static const int64_t EPOCH_US = 946684800LL * 1000000; /* PostgreSQL's, 2000-01-01 */
    Buffer *to = &rows->row;
    Text diff = {rows->diff.text.start, rows->diff.text.size};
    to->size = 0;
    return put_int(to, COLUMNS, 2) && put_integer(to, position->ordinal, 4) && put_field(to, entry->workspace) &&
           put_field(to, envelope->source) && put_field(to, envelope->id) && put_field(to, entry->action) &&
           put_texts(to, entry->facets, entry->facet_count) && put_field(to, entry->actor_type) &&
           put_field(to, entry->actor_id) && put_column(to, entry->email) && put_field(to, entry->subject_type) &&
           put_field(to, entry->subject_id) && put_column(to, entry->label) && put_field(to, entry->channel) &&
           put_integer(to, envelope->time_us - EPOCH_US, 8) && put_field(to, diff) && put_field(to, position->topic) &&
           put_integer(to, position->partition, 4) && put_integer(to, position->offset, 8) &&
           (position->has_timestamp ? put_integer(to, position->timestamp, 8) : put_int(to, -1, 4)) &&
           put_column(to, envelope->trace) &&
           put_field(to, (Text){PyBytes_AS_STRING(digest), PyBytes_GET_SIZE(digest)});
}

/* The facet that says that an event is ahead of the broker's clock; it is no part of the digest. */
static void check_clock(Entry *entry, const Envelope *envelope, const Position *position)
{
    static const Text AHEAD = {"clock:ahead", 11};
    const int64_t tolerance = 5 * 60 * 1000000LL;
    if (!position->has_timestamp || envelope->time_us - position->timestamp * 1000 <= tolerance) return;
    entry->facets[entry->facet_count++] = AHEAD;
    qsort(entry->facets, entry->facet_count, sizeof(Text), by_text);
}

static int read_position(PyObject *record, PyObject *ordinal, Position *position)
{
    static const int64_t MIN_MS = -62135596800000LL, MAX_MS = 253402300799999LL; /* runtime/timestamps.py */
    PyObject *partition = PyTuple_GET_ITEM(record, 0), *timestamp = PyTuple_GET_ITEM(record, 2);
    Py_ssize_t size;
    const char *topic = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(partition, 0), &size);
    if (topic == NULL) return 0;
    position->topic = (Text){topic, size};
    position->ordinal = PyLong_AsLongLong(ordinal);
    position->partition = PyLong_AsLongLong(PyTuple_GET_ITEM(partition, 2));
    position->offset = PyLong_AsLongLong(PyTuple_GET_ITEM(record, 1));
    position->timestamp = timestamp == Py_None ? 0 : PyLong_AsLongLong(timestamp);
    position->has_timestamp = timestamp != Py_None && position->timestamp >= MIN_MS && position->timestamp <= MAX_MS;
    return !PyErr_Occurred();
}

static PyObject *sha256_of(Rows *rows)
{
    PyObject *digest = NULL, *text = PyBytes_FromStringAndSize(rows->digest.start, rows->digest.size);
    PyObject *hash = text ? PyObject_CallOneArg(rows->sha256, text) : NULL;
    if (hash != NULL) digest = PyObject_CallMethod(hash, "digest", NULL);
    Py_XDECREF(hash);
    Py_XDECREF(text);
    return digest;
}

/* `consumer.storage.copy_row.CopyRow`, whose raw record is packed as that module packs it. */
static PyObject *copy_row(Rows *rows, const Plan *plan, PyObject *record, PyObject *ordinal, const Entry *entry,
                          const Envelope *envelope, PyObject *digest)
{
    PyObject *value = PyTuple_GET_ITEM(record, 4);
    PyObject *raw = Py_BuildValue("(OOOO(s#s#s#)O)", PyTuple_GET_ITEM(record, 1), PyTuple_GET_ITEM(record, 3), value,
                                  PyTuple_GET_ITEM(record, 5), entry->workspace.at, entry->workspace.size, envelope->source.at,
                                  envelope->source.size, envelope->id.at, envelope->id.size, digest);
    PyObject *packed = raw ? PyMarshal_WriteObjectToString(raw, 2) : NULL;
    PyObject *encoded = packed ? PyBytes_FromStringAndSize(rows->row.start, rows->row.size) : NULL;
    PyObject *parts = encoded ? Py_BuildValue("(OOOOOnOO)", ordinal, PyTuple_GET_ITEM(record, 0), PyTuple_GET_ITEM(record, 2),
                                              plan->action_object, Py_False, PyBytes_GET_SIZE(encoded) + PyBytes_GET_SIZE(packed),
                                              encoded, packed) : NULL;
    PyObject *row = parts ? PyObject_CallMethod((PyObject *)&PyTuple_Type, "__new__", "OO", rows->row_class, parts) : NULL;
    Py_XDECREF(parts);
    Py_XDECREF(encoded);
    Py_XDECREF(packed);
    Py_XDECREF(raw);
    return row;
}

static const Plan *plan_of(Rows *rows, PyObject *value, Py_ssize_t *body)
{
    const char *at = PyBytes_AS_STRING(value);
    Py_ssize_t size = PyBytes_GET_SIZE(value);
    *body = size > 0 && at[0] == 0 ? 5 : 10; /* Confluent framing, or Avro single-object encoding */
    if (size < *body || size > MAX_NATIVE_VALUE) return NULL;
    PyObject *prefix = PyBytes_FromStringAndSize(at, *body);
    PyObject *plan = prefix ? PyDict_GetItemWithError(rows->plans, prefix) : NULL;
    Py_XDECREF(prefix);
    return plan ? PyCapsule_GetPointer(plan, "plan") : NULL;
}

/* A new reference; NULL without an error: left to Python. */
static PyObject *make(Rows *rows, PyObject *record, PyObject *ordinal)
{
    PyObject *key = PyTuple_GET_ITEM(record, 3), *value = PyTuple_GET_ITEM(record, 4);
    Envelope envelope;
    Entry entry = {0};
    Position position;
    Py_ssize_t body;
    char changed[MAX_FIELDS] = {0};
    if (!PyBytes_Check(key) || !PyBytes_Check(value)) return NULL;
    const Plan *plan = plan_of(rows, value, &body);
    if (plan == NULL || !read_headers(PyTuple_GET_ITEM(record, 5), &envelope) || !equal(envelope.type, plan->ce_type)) return NULL;
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(value) + body;
    const uint8_t *end = at - body + PyBytes_GET_SIZE(value);
    if (pass(plan->data, at, end) != end) return NULL;
    const Value none = {NULL, NULL}, data = {plan->data, at};
    Value before = plan->before < 0 ? none : chosen(field_at(data, plan->before));
    Value after = plan->after < 0 ? none : chosen(field_at(data, plan->after));
    if (!has_members(before)) before = none;
    if (!has_members(after)) after = none;
    if (!read_entry(plan, data, (Text){PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)}, &entry) ||
        !read_label(plan, data, before, after, &entry.label) || !collect(&rows->diff, plan, data, before, after, changed) ||
        (plan->edit && rows->diff.count == 0) || !read_facets(rows, plan, data, changed, &entry) ||
        !put_diff(&rows->diff, plan, data, field_at(data, plan->origin), entry.channel) ||
        !put_digested(rows, &entry, &envelope) || !read_position(record, ordinal, &position)) return NULL;
    PyObject *row = NULL, *digest = sha256_of(rows);
    if (digest == NULL) return NULL;
    check_clock(&entry, &envelope, &position);
    if (put_row(rows, &entry, &envelope, &position, digest))
        row = copy_row(rows, plan, record, ordinal, &entry, &envelope, digest);
    Py_DECREF(digest);
    return row;
}

static PyObject *rows_row(Rows *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 || !PyTuple_Check(arguments[0]) || PyTuple_GET_SIZE(arguments[0]) != 6 ||
        !PyTuple_Check(PyTuple_GET_ITEM(arguments[0], 0)) || PyTuple_GET_SIZE(PyTuple_GET_ITEM(arguments[0], 0)) != 3) {
        PyErr_SetString(PyExc_TypeError, "row(record, ordinal)");
        return NULL;
    }
    if (self->busy) Py_RETURN_NONE; /* another thread is inside, in a call of Python */
    self->busy = 1;
    PyObject *row = make(self, arguments[0], arguments[1]);
    self->busy = 0;
    if (row != NULL || PyErr_Occurred()) return row;
    Py_RETURN_NONE;
}

static PyObject *rows_add(Rows *self, PyObject *arguments)
{
    PyObject *prefix, *source;
    if (!PyArg_ParseTuple(arguments, "SO!", &prefix, &PyTuple_Type, &source)) return NULL;
    PyObject *capsule = read_plan(source);
    int added = capsule != NULL && PyDict_SetItem(self->plans, prefix, capsule) == 0;
    Py_XDECREF(capsule);
    if (!added) return NULL;
    Py_RETURN_NONE;
}

static PyObject *rows_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *row_class, *sha256, *names_secret;
    if (!PyArg_ParseTuple(arguments, "OOO", &row_class, &sha256, &names_secret)) return NULL;
    Rows *self = (Rows *)type->tp_alloc(type, 0);
    if (self == NULL) return NULL;
    if ((self->plans = PyDict_New()) == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->row_class = Py_NewRef(row_class);
    self->sha256 = Py_NewRef(sha256);
    self->diff.names_secret = Py_NewRef(names_secret);
    return (PyObject *)self;
}

static void rows_dealloc(Rows *self)
{
    Buffer *buffers[] = {&self->diff.pointers, &self->diff.text, &self->facets, &self->digest, &self->row};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) PyMem_Free(buffers[i]->start);
    Py_XDECREF(self->plans);
    Py_XDECREF(self->row_class);
    Py_XDECREF(self->sha256);
    Py_XDECREF(self->diff.names_secret);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef METHODS[] = {
    {"add", (PyCFunction)rows_add, METH_VARARGS, "add(prefix, plan): how values that begin with these bytes become rows."},
    {"row", (PyCFunction)(void (*)(void))rows_row, METH_FASTCALL, "row(record, ordinal): a CopyRow, or None: ask the pipeline."},
    {NULL},
};

static PyTypeObject ROWS = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "consumer.native.copy_rows.Rows",
    .tp_doc = "Rows(row_class, sha256, names_secret): makes rows by the plans that were added.",
    .tp_basicsize = sizeof(Rows),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = rows_new,
    .tp_dealloc = (destructor)rows_dealloc,
    .tp_methods = METHODS,
};

static PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, .m_name = "consumer.native.copy_rows", .m_size = -1};

PyMODINIT_FUNC PyInit_copy_rows(void)
{
    if (PyType_Ready(&ROWS) < 0) return NULL;
    PyObject *module = PyModule_Create(&MODULE);
    if (module != NULL && PyModule_AddObjectRef(module, "Rows", (PyObject *)&ROWS) < 0) Py_CLEAR(module);
    return module;
}
