/* consent_check.c - one record of a file, judged without an instance. */
#include "consent_check.h"

#include <stdlib.h>
#include <string.h>

#include "postern/caldate.h"
#include "postern/consentrow.h"

/* --- judging -------------------------------------------------------------- */

static void fault(struct consent_verdict *v, const char *field,
		  const char *what, const char *want)
{
	v->accepted = false;
	(void)snprintf(v->fault.field, sizeof(v->fault.field), "%s", field);
	v->fault.what = what;
	v->fault.want = want;
}

/* The field is told from the row's beginning: name instead of its first cut
 * bytes.  A long one loses its end. */
static void field_from(struct consent_verdict *v, size_t cut, const char *name)
{
	char rest[CONSENTRECORD_FIELD_BYTES];
	size_t len = strlen(name), more;

	memcpy(rest, v->fault.field, sizeof(rest));
	more = strlen(rest + cut);
	if (more > sizeof(rest) - 1 - len)
		more = sizeof(rest) - 1 - len;
	memcpy(v->fault.field, name, len);
	memcpy(v->fault.field + len, rest + cut, more);
	v->fault.field[len + more] = '\0';
}

static void judge(const json_t *value, struct consent_verdict *ret)
{
	enum consentrecord_form form;

	if (!consentrecord_form_of(value, &form)) {
		fault(ret, "", "is no record",
		      "a row with address, a dpv:ConsentRecord, a "
		      "dpv:ConsentReceipt or a Kantara receipt");
		return;
	}
	ret->form = consentrecord_form_name(form);
	ret->accepted = consentrecord_judge(value, form, &ret->fault) == 0;
}

static void judge_events(const json_t *row, struct consent_verdict *ret)
{
	static struct consent_event events[CONSENTRECORD_EVENTS_MAX];
	const json_t *at = json_object_get(row, "at");
	int64_t at_ms;
	size_t len;

	ret->form = "events";
	if (!json_is_string(at) ||
	    !instant_parse(json_string_value(at), &at_ms)) {
		fault(ret, "at", "is no point in time",
		      "date, time and Z, such as 2026-10-01T08:03:10Z");
		return;
	}
	if (consentrecord_events(json_object_get(row, "events"), events, &len,
				 &ret->fault) != 0) {
		field_from(ret, strcspn(ret->fault.field, "["), "events");
		return;
	}
	ret->accepted = true;
	ret->has_state = true;
	ret->state = consent_state_at(events, len, at_ms, NULL);
}

void consent_check(const json_t *row, struct consent_verdict *ret)
{
	static const char *const members[] = {"record", "receipt"};

	*ret = (struct consent_verdict){0};
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *value = json_object_get(row, members[i]);

		if (value == NULL)
			continue;
		judge(value, ret);
		if (!ret->accepted && ret->fault.field[0] != '\0')
			field_from(ret, 0, ".");
		if (!ret->accepted)
			field_from(ret, 0, members[i]);
		return;
	}
	if (json_is_array(json_object_get(row, "events"))) {
		judge_events(row, ret);
	} else if (consentrow_is(row)) {
		struct consentrow ignored;

		ret->form = "row";
		ret->accepted =
		    consentrow_read(row, &ignored, &ret->fault) == 0;
	} else {
		judge(row, ret);
	}
}

/* --- places --------------------------------------------------------------- */

struct scan {
	const char *text;
	size_t len, at;
};

static void skip_space(struct scan *s)
{
	while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) != NULL &&
	       s->text[s->at] != '\0')
		s->at++;
}

static bool next_is(const struct scan *s, char c)
{
	return s->at < s->len && s->text[s->at] == c;
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->len && s->text[s->at] != '"'; s->at++)
		s->at += s->text[s->at] == '\\';
	s->at++;
}

/* To behind the value, whatever it holds. */
static void skip_value(struct scan *s)
{
	size_t depth = 0;

	do {
		char c = s->at < s->len ? s->text[s->at] : '\0';

		if (c == '"') {
			skip_string(s);
		} else {
			depth += c == '{' || c == '[';
			depth -= depth > 0 && (c == '}' || c == ']');
			s->at++;
		}
		/* A number or a word ends where something else begins. */
		if (depth == 0 &&
		    (c == '"' || c == '}' || c == ']' || s->at >= s->len ||
		     strchr(" \t\r\n,]}", s->text[s->at]) != NULL))
			return;
	} while (s->at < s->len);
}

/* From a brace to the value of the member; *ret_key is where its name is. */
static bool into_member(struct scan *s, const char *key, size_t key_len,
			size_t *ret_key)
{
	if (!next_is(s, '{'))
		return false;
	for (s->at++; skip_space(s), next_is(s, '"');) {
		size_t from = s->at;
		bool found;

		skip_string(s);
		found = s->at <= s->len && s->at - from == key_len + 2 &&
			memcmp(s->text + from + 1, key, key_len) == 0;
		skip_space(s);
		s->at++; /* the colon */
		skip_space(s);
		if (found) {
			*ret_key = from;
			return true;
		}
		skip_value(s);
		skip_space(s);
		s->at += next_is(s, ',');
	}
	return false;
}

/* From a bracket to the item; what is no list is its own first item. */
static bool into_item(struct scan *s, size_t index)
{
	if (!next_is(s, '['))
		return index == 0;
	for (s->at++; skip_space(s), s->at < s->len && !next_is(s, ']');) {
		if (index-- == 0)
			return true;
		skip_value(s);
		skip_space(s);
		s->at += next_is(s, ',');
	}
	return false;
}

size_t consent_check_place(const char *text, size_t len, const char *field)
{
	struct scan s = {.text = text, .len = len};
	size_t ret, key_len;

	skip_space(&s);
	ret = s.at;
	while (*field != '\0') {
		if (*field == '[') {
			char *end;

			if (!into_item(&s, strtoul(field + 1, &end, 10)))
				return ret;
			ret = s.at < len ? s.at : len;
			field = end + (*end == ']');
		} else {
			key_len = strcspn(field, ".[");
			if (!into_member(&s, field, key_len, &ret))
				return ret;
			field += key_len;
		}
		field += *field == '.';
	}
	return ret;
}
