/* sheet_data.c - the copy for programs: data.json and messages.csv. */
#include "making.h"
#include "postern/jsonmem.h"

/* --- data.json ------------------------------------------------------------ */

static int put(struct packaging *p, const char *text, struct err *err)
{
	return buf_append_text(&p->out, text, err);
}

static bool is_access(const struct packaging *p)
{
	return p->row.kind == PACKAGE_ACCESS;
}

static int json_begin(struct packaging *p, struct err *err)
{
	char made[RFC3339_BYTES];
	json_t *head;
	int rc;

	env_rfc3339(p->now_ms, made);
	head = json_pack(
	    "{s:s,s:i,s:s,s:s}", "format",
	    is_access(p) ? "postern-access" : "postern-portability", "version",
	    1, "made", made, "controller", p->w->settings->controller.name);
	if (is_access(p))
		(void)json_object_set_new(head, "about", about_json(p));
	rc = jsonmem_print(head, JSON_COMPACT, &p->out, err);
	json_decref(head);
	if (rc == 0)
		p->out.len--; /* its brace: it goes on */
	return rc;
}

static int json_section(struct packaging *p, enum feed_section section,
			struct err *err)
{
	p->first = true;
	return put(p, ",\n\"", err) != 0 ||
		       put(p, feed_section_name(section), err) != 0 ||
		       put(p, "\":[\n", err) != 0
		   ? -1
		   : 0;
}

static int json_record(struct packaging *p, enum feed_section section,
		       const json_t *record, struct err *err)
{
	(void)section;
	if (!p->first && put(p, ",\n", err) != 0)
		return -1;
	p->first = false;
	return jsonmem_print(record, JSON_COMPACT, &p->out, err);
}

static int json_section_end(struct packaging *p, enum feed_section section,
			    struct err *err)
{
	(void)section;
	return put(p, "]", err);
}

static int json_end(struct packaging *p, struct err *err)
{
	return put(p, "}\n", err);
}

const struct sheet sheet_json = {
    .path = "data.json",
    .begin = json_begin,
    .section = json_section,
    .record = json_record,
    .section_end = json_section_end,
    .end = json_end,
};

/* --- messages.csv --------------------------------------------------------- */

static const char *const csv_columns[] = {
    "at",    "channel",	   "conversation", "id",     "direction",   "kind",
    "state", "text",	   "emoji",	   "target", "attachments", "datenart",
    "basis", "restricted", "kept",	   "masked",
};
#define CSV_COLUMNS (sizeof(csv_columns) / sizeof(csv_columns[0]))

/* A spreadsheet takes a cell that begins so for a formula, and some look
 * behind blanks first.  The apostrophe is what people write there themselves
 * to say "this is a text". */
static bool is_formula(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n\v\f", text[i]) != NULL &&
	       text[i] != '\0')
		i++;
	return (i < len && text[i] != '\0' &&
		strchr("=+-@|%", text[i]) != NULL) ||
	       (len > 0 && (text[0] == '\t' || text[0] == '\r')) ||
	       /* Full-width forms are folded by some. */
	       (len - i >= 3 && (memcmp(text + i, "\xef\xbc\x9d", 3) == 0 ||
				 memcmp(text + i, "\xef\xbc\x8b", 3) == 0 ||
				 memcmp(text + i, "\xef\xbc\x8d", 3) == 0 ||
				 memcmp(text + i, "\xef\xbc\xa0", 3) == 0));
}

static int put_cell(struct packaging *p, const char *text, size_t len,
		    struct err *err)
{
	const char *end = text + len;

	if (buf_append_u8(&p->out, '"', err) != 0 ||
	    (is_formula(text, len) && buf_append_u8(&p->out, '\'', err) != 0))
		return -1;
	while (text < end) {
		const char *quote = memchr(text, '"', (size_t)(end - text));
		const char *stop = quote != NULL ? quote + 1 : end;

		if (buf_append(&p->out, text, (size_t)(stop - text), err) !=
			0 ||
		    (quote != NULL && buf_append_u8(&p->out, '"', err) != 0))
			return -1;
		text = stop;
	}
	return buf_append_u8(&p->out, '"', err);
}

static int put_list(struct packaging *p, const json_t *list, const char *member,
		    struct err *err)
{
	struct buf cell = BUF_INIT(1u << 20);
	const json_t *one;
	int rc = 0;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *text = member != NULL ? making_text(one, member)
						  : json_string_value(one);

		if (rc != 0 || text == NULL || text[0] == '\0')
			continue;
		rc = cell.len > 0 ? buf_append_u8(&cell, ' ', err) : 0;
		if (rc == 0)
			rc = buf_append_text(&cell, text, err);
	}
	if (rc == 0)
		rc = put_cell(p, cell.len > 0 ? (const char *)cell.bytes : "",
			      cell.len, err);
	buf_free(&cell);
	return rc;
}

static int put_column(struct packaging *p, const json_t *record,
		      const char *column, struct err *err)
{
	const json_t *value = json_object_get(record, column);

	if (strcmp(column, "attachments") == 0)
		return put_list(p, value, "path", err);
	if (strcmp(column, "masked") == 0)
		return put_list(p, value, NULL, err);
	if (strcmp(column, "kept") == 0)
		value = json_object_get(value, "verdict");
	if (json_is_true(value))
		return put_cell(p, "yes", 3, err);
	return json_is_string(value) ? put_cell(p, json_string_value(value),
						json_string_length(value), err)
				     : put_cell(p, "", 0, err);
}

static int csv_begin(struct packaging *p, struct err *err)
{
	for (size_t i = 0; i < CSV_COLUMNS; i++)
		if ((i > 0 && put(p, ",", err) != 0) ||
		    put_cell(p, csv_columns[i], strlen(csv_columns[i]), err) !=
			0)
			return -1;
	return put(p, "\r\n", err);
}

static int csv_record(struct packaging *p, enum feed_section section,
		      const json_t *record, struct err *err)
{
	(void)section;
	for (size_t i = 0; i < CSV_COLUMNS; i++)
		if ((i > 0 && put(p, ",", err) != 0) ||
		    put_column(p, record, csv_columns[i], err) != 0)
			return -1;
	return put(p, "\r\n", err);
}

const struct sheet sheet_csv = {
    .path = "messages.csv",
    .begin = csv_begin,
    .record = csv_record,
    .messages_only = true,
};
