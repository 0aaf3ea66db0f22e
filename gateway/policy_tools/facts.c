/* facts.c - a line of JSON to the facts of a record. */
#include "facts.h"

#include <string.h>

#include "postern/caldate.h"
#include "postern/jsonmem.h"

/* --- where a key stands --------------------------------------------------- */

/* Behind the string that starts at from. */
static size_t string_end(const char *line, size_t len, size_t from)
{
	size_t at = from + 1;

	while (at < len && line[at] != '"')
		at += line[at] == '\\' ? 2 : 1;
	return at + 1;
}

static bool is_key(const char *line, size_t len, size_t from, size_t end,
		   const char *key)
{
	if (end > len || end - from != strlen(key) + 2 ||
	    memcmp(line + from + 1, key, end - from - 2) != 0)
		return false;
	while (end < len && strchr(" \t\r\n", line[end]) != NULL)
		end++;
	return end < len && line[end] == ':';
}

/* The column of a key of the outermost object in a line of valid JSON; 1 for
 * one that is spelt with escapes. */
static size_t column_of(const char *line, size_t len, const char *key)
{
	size_t depth = 0;

	for (size_t at = 0, end; at < len; at = end) {
		char c = line[at];

		end = at + 1;
		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (c != '"')
			continue;
		end = string_end(line, len, at);
		if (depth == 1 && is_key(line, len, at, end, key))
			return at + 1;
	}
	return 1;
}

/* --- fields --------------------------------------------------------------- */

/* The index of a word, or len. */
static size_t word_of(const json_t *v, const char *const *words, size_t len)
{
	const char *text = json_string_value(v);
	size_t i = 0;

	while (text != NULL && i < len && strcmp(words[i], text) != 0)
		i++;
	return text == NULL ? len : i;
}

static bool read_date(const json_t *v, int64_t *ret)
{
	return json_is_string(v) && caldate_parse(json_string_value(v), ret);
}

static bool read_maybe(const json_t *v, struct maybe_day *ret)
{
	if (json_is_null(v))
		return true;
	ret->is = read_date(v, &ret->day);
	return ret->is;
}

static bool read_bool(const json_t *v, bool *ret)
{
	*ret = json_is_true(v);
	return json_is_boolean(v);
}

static bool read_today(const json_t *v, struct erasure_facts *f)
{
	return read_date(v, &f->today);
}

static bool read_trigger(const json_t *v, struct erasure_facts *f)
{
	size_t i = word_of(v, erasure_trigger_names, TRIGGERS);

	f->trigger = (enum erasure_trigger)i;
	return i < TRIGGERS;
}

static bool read_basis(const json_t *v, struct erasure_facts *f)
{
	size_t i = word_of(v, legal_basis_names, LEGAL_BASES);

	f->basis = (enum legal_basis)i;
	return i < LEGAL_BASES;
}

static bool read_purpose(const json_t *v, struct erasure_facts *f)
{
	const char *text = json_string_value(v);

	f->marketing = text != NULL && strcmp(text, "marketing") == 0;
	return text != NULL && text[0] != '\0';
}

static bool read_active(const json_t *v, struct erasure_facts *f)
{
	return read_bool(v, &f->purpose_active);
}

static bool read_rule_due(const json_t *v, struct erasure_facts *f)
{
	return read_maybe(v, &f->rule_due);
}

static bool read_statutory(const json_t *v, struct erasure_facts *f)
{
	return read_maybe(v, &f->statutory_last_day);
}

static bool read_hold(const json_t *v, struct erasure_facts *f)
{
	return read_bool(v, &f->legal_hold);
}

static bool read_restriction(const json_t *v, struct erasure_facts *f)
{
	const char *text = json_string_value(v);

	if (json_is_null(v))
		return true;
	if (text == NULL || strlen(text) != 1 || text[0] < 'a' || text[0] > 'd')
		return false;
	f->restriction = text[0];
	return true;
}

static bool read_text(const json_t *v, struct erasure_facts *f)
{
	(void)f;
	return json_is_string(v);
}

#define DATE	      "a day that exists, such as \"2026-11-21\""
#define DATE_OR_NULL  "null or " DATE
#define TRUE_OR_FALSE "true or false"

static const struct field {
	const char *key;
	bool optional;
	bool (*read)(const json_t *v, struct erasure_facts *f);
	const char *right;
} fields[] = {
    {"name", true, read_text, "a text"},
    {"today", false, read_today, DATE},
    {"trigger", false, read_trigger,
     "schedule, art17, withdrawal, objection_marketing or objection_6_1_f"},
    {"basis", false, read_basis,
     "consent, contract, legal_obligation, vital_interest, public_task or "
     "legitimate_interest"},
    {"purpose", false, read_purpose, "a name; marketing is advertising"},
    {"purpose_active", false, read_active, TRUE_OR_FALSE},
    {"rule_due", false, read_rule_due, DATE_OR_NULL},
    {"statutory_last_day", false, read_statutory, DATE_OR_NULL},
    {"legal_hold", false, read_hold, TRUE_OR_FALSE},
    {"restriction", false, read_restriction,
     "null, \"a\", \"b\", \"c\" or \"d\", the grounds of Art. 18(1)"},
    {"expect", true, read_text, "a text"},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* --- a line --------------------------------------------------------------- */

struct line {
	const char *text;
	size_t len, number;
	struct diag *diag;
};

static void read_field(const struct line *line, const struct field *field,
		       const json_t *root, struct erasure_facts *f)
{
	const json_t *v = json_object_get(root, field->key);

	if (v == NULL && !field->optional)
		(void)diag_add(line->diag, line->number, 1,
			       "'%s' is missing; %s", field->key, field->right);
	else if (v != NULL && !field->read(v, f))
		(void)diag_add(line->diag, line->number,
			       column_of(line->text, line->len, field->key),
			       "'%s' has no such value; %s", field->key,
			       field->right);
}

static void check_key(const struct line *line, const char *key)
{
	const char *known[FIELDS], *near;
	size_t column = column_of(line->text, line->len, key);

	for (size_t i = 0; i < FIELDS; i++) {
		known[i] = fields[i].key;
		if (strcmp(key, known[i]) == 0)
			return;
	}
	near = diag_nearest(key, known, FIELDS);
	if (near != NULL)
		(void)diag_add(line->diag, line->number, column,
			       "unknown key '%.40s'; did you mean '%s'?", key,
			       near);
	else
		(void)diag_add(line->diag, line->number, column,
			       "unknown key '%.40s'; leave it out", key);
}

/* Why it is none: a key twice, or no JSON from that byte on? */
static void no_object(const struct line *line, size_t at)
{
	bool no_memory;
	json_t *root = jsonmem_load(line->text, line->len, 0, &no_memory);

	if (no_memory)
		(void)diag_add(line->diag, line->number, 1,
			       "no memory; shorter lines");
	else if (json_is_object(root))
		(void)diag_add(line->diag, line->number, at + 1,
			       "a key stands twice; each of them once");
	else
		(void)diag_add(line->diag, line->number,
			       root == NULL ? at + 1 : 1,
			       "no valid JSON; one object on one line, such "
			       "as {\"today\": \"2026-11-21\", ...}");
	json_decref(root);
}

int facts_parse(const char *text, size_t len, size_t number, struct diag *diag,
		struct erasure_facts *ret, json_t **ret_name)
{
	const struct line line = {text, len, number, diag};
	const size_t before = diag->findings_len + diag->more;
	struct erasure_facts out = {0};
	const char *key;
	bool no_memory;
	json_t *root, *v;
	size_t at;
	int rc = -1;

	root =
	    jsonmem_load_at(text, len, JSON_REJECT_DUPLICATES, &no_memory, &at);
	if (!json_is_object(root)) {
		no_object(&line, at);
		goto out;
	}
	/* Findings nobody sees are not looked for: each costs a walk through
	 * the line. */
	json_object_foreach(root, key, v)
	{
		if (diag->more == 0)
			check_key(&line, key);
	}
	for (size_t i = 0; i < FIELDS; i++)
		read_field(&line, &fields[i], root, &out);
	if (diag->findings_len + diag->more > before)
		goto out;
	*ret_name = json_incref(json_object_get(root, "name"));
	*ret = out;
	rc = 0;
out:
	json_decref(root);
	return rc;
}
