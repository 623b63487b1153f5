/* What is done with the records of one schema: read once from the tuples that plan.py writes. */
#ifndef PLAN_H
#define PLAN_H
#include "avro.h"

enum { MAX_FIELDS = 64 };

typedef struct {
    Text name;
    int before, after; /* its place in the snapshots, or of a fact in the data (`after`) */
    int open_map, is_id;
} Field;

enum facet_of { OF_EVENT, OF_OPERATION, OF_CHANGED };
typedef struct {
    enum facet_of of;
    Text text; /* the name and a colon; of an operation the whole facet */
    int field;
} Facet;

/* What is done with the records of one schema; places are those of the data's fields, -1 for none. */
typedef struct {
    PyObject *source; /* the tuple that all texts point into */
    Type *data;
    Text ce_type, action, subject_type, subject_prefix;
    PyObject *action_object;
    int edit, workspace, actor, origin, subject, before, after, label_field, label_before, label_after;
    int actor_type, actor_id, actor_email, channel, client, tool;
    int tracked_count, facts_count, context_count, facets_count;
    Field *tracked, *facts, *context;
    Facet *facets;
} Plan;

static int read_bytes(PyObject *object, Text *text)
{
    if (!PyBytes_Check(object)) return 0;
    *text = (Text){PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object)};
    return 1;
}

static void free_type(Type *type)
{
    if (type == NULL) return;
    for (int i = 0; type->children && i < type->count; i++) free_type(type->children[i]);
    PyMem_Free(type->children);
    PyMem_Free(type->names);
    PyMem_Free(type);
}

/* A type from (kind, names, children), as `plan.py` writes it. */
static Type *read_type(PyObject *object)
{
    const char *kind;
    PyObject *names, *children;
    if (!PyArg_ParseTuple(object, "sO!O!", &kind, &PyTuple_Type, &names, &PyTuple_Type, &children)) return NULL;
    Py_ssize_t name_count = PyTuple_GET_SIZE(names), child_count = PyTuple_GET_SIZE(children);
    Type *type = PyMem_Calloc(1, sizeof *type);
    if (type == NULL) return (Type *)PyErr_NoMemory();
    int known = 0;
    while (known <= K_UNION && strcmp(kind, KINDS[known]) != 0) known++;
    type->kind = known;
    type->count = (int)(child_count > name_count ? child_count : name_count);
    type->names = PyMem_Calloc(type->count + 1, sizeof(Text));
    type->children = child_count ? PyMem_Calloc(type->count, sizeof(Type *)) : NULL;
    int whole = known <= K_UNION && type->count <= MAX_MEMBERS && type->names && (type->children || !child_count) &&
                (known != K_RECORD || name_count == child_count);
    for (Py_ssize_t i = 0; whole && i < name_count; i++) whole = read_bytes(PyTuple_GET_ITEM(names, i), &type->names[i]);
    for (Py_ssize_t i = 0; whole && i < child_count; i++)
        whole = (type->children[i] = read_type(PyTuple_GET_ITEM(children, i))) != NULL;
    if (whole) return type;
    free_type(type);
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a type of no known kind");
    return NULL;
}

static Field *read_fields(PyObject *tuple, int *count)
{
    *count = (int)PyTuple_GET_SIZE(tuple);
    Field *fields = PyMem_Calloc(*count + 1, sizeof *fields);
    for (int i = 0; fields && i < *count; i++) {
        PyObject *name, *item = PyTuple_GET_ITEM(tuple, i);
        if (!PyArg_ParseTuple(item, "Siipp", &name, &fields[i].before, &fields[i].after, &fields[i].open_map, &fields[i].is_id) ||
            !read_bytes(name, &fields[i].name)) {
            PyMem_Free(fields);
            return NULL;
        }
    }
    return fields;
}

static Facet *read_plan_facets(PyObject *tuple, int *count)
{
    *count = (int)PyTuple_GET_SIZE(tuple);
    Facet *facets = PyMem_Calloc(*count + 1, sizeof *facets);
    for (int i = 0; facets && i < *count; i++) {
        PyObject *text;
        int of;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(tuple, i), "iSi", &of, &text, &facets[i].field) || !read_bytes(text, &facets[i].text)) {
            PyMem_Free(facets);
            return NULL;
        }
        facets[i].of = of;
    }
    return facets;
}

static void free_plan(PyObject *capsule)
{
    Plan *plan = PyCapsule_GetPointer(capsule, "plan");
    free_type(plan->data);
    PyMem_Free(plan->tracked);
    PyMem_Free(plan->facts);
    PyMem_Free(plan->context);
    PyMem_Free(plan->facets);
    Py_XDECREF(plan->action_object);
    Py_XDECREF(plan->source);
    PyMem_Free(plan);
}

/* A capsule of the plan in `source`; NULL with Python's error set. */
static PyObject *read_plan(PyObject *source)
{
    PyObject *ce_type, *action, *kind, *subject_prefix, *type, *tracked, *facts, *context, *facets;
    Plan *plan = PyMem_Calloc(1, sizeof *plan);
    PyObject *capsule = plan ? PyCapsule_New(plan, "plan", free_plan) : PyErr_NoMemory();
    if (capsule == NULL) {
        PyMem_Free(plan);
        return NULL;
    }
    plan->source = Py_NewRef(source);
    int whole = PyArg_ParseTuple(
        source, "OSUSSp(iiiiii)(iii)(iiiiii)O!O!O!O!", &type, &ce_type, &action, &kind, &subject_prefix, &plan->edit,
        &plan->workspace, &plan->actor, &plan->origin, &plan->subject, &plan->before, &plan->after,
        &plan->label_field, &plan->label_before, &plan->label_after,
        &plan->actor_type, &plan->actor_id, &plan->actor_email, &plan->channel, &plan->client, &plan->tool,
        &PyTuple_Type, &tracked, &PyTuple_Type, &facts, &PyTuple_Type, &context, &PyTuple_Type, &facets);
    if (whole) {
        Py_ssize_t size;
        plan->action_object = Py_NewRef(action);
        plan->action.at = PyUnicode_AsUTF8AndSize(action, &size);
        plan->action.size = size;
        read_bytes(ce_type, &plan->ce_type), read_bytes(kind, &plan->subject_type), read_bytes(subject_prefix, &plan->subject_prefix);
        whole = plan->action.at != NULL && (plan->data = read_type(type)) != NULL &&
                (plan->tracked = read_fields(tracked, &plan->tracked_count)) != NULL &&
                (plan->facts = read_fields(facts, &plan->facts_count)) != NULL &&
                (plan->context = read_fields(context, &plan->context_count)) != NULL &&
                (plan->facets = read_plan_facets(facets, &plan->facets_count)) != NULL;
    }
    if (whole && (plan->tracked_count > MAX_FIELDS || plan->facets_count > MAX_FIELDS)) {
        PyErr_SetString(PyExc_ValueError, "more fields or facets than there is room for");
        whole = 0;
    }
    if (whole) return capsule;
    if (!PyErr_Occurred()) PyErr_NoMemory();
    Py_DECREF(capsule);
    return NULL;
}

#endif
