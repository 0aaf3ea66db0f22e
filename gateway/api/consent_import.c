/* consent_import.c - consents from elsewhere, row by row.
 *
 * An answer names rows by their number and fields by their name: nothing of
 * what is in them. */
#include "worker/consent_import.h"

#include "body.h"
#include "postern/consentrow.h"
#include "problem.h"
#include "route.h"

struct given {
	struct consent_import_row rows[CONSENT_IMPORT_ROWS_MAX];
	struct consentrecord_fault faults[CONSENT_IMPORT_ROWS_MAX];
	size_t len;
};

static void read_row(const json_t *value, struct consent_import_row *ret,
		     struct consentrecord_fault *fault)
{
	struct consentrow row;

	if (consentrow_read(value, &row, fault) != 0) {
		ret->result = IMPORT_REFUSED;
		ret->field = fault->field;
		ret->what = fault->what;
		ret->want = fault->want;
		return;
	}
	*ret = (struct consent_import_row){
	    .kind = row.kind,
	    .address = row.address,
	    .of = {.purpose = row.purpose, .channel = row.channel},
	    .withdrawn = row.withdrawn,
	    .guardian = row.guardian,
	    .at_ms = row.at_ms,
	    .wording = row.wording,
	    .language = row.language,
	    .evidence = row.evidence,
	};
}

static int read_rows(struct job *job, const json_t *body, struct given *ret)
{
	const json_t *list = json_object_get(body, "rows");

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > CONSENT_IMPORT_ROWS_MAX)
		return body_refuse(job, "not a list of 1 to 100 rows", "rows");
	ret->len = json_array_size(list);
	for (size_t i = 0; i < ret->len; i++)
		read_row(json_array_get(list, i), &ret->rows[i],
			 &ret->faults[i]);
	return 0;
}

static json_t *result_json(const struct worker *w, size_t number,
			   const struct consent_import_row *row)
{
	const char *field =
	    row->field != NULL && row->field[0] != '\0' ? row->field : NULL;

	/* s*, o* leave out what is NULL. */
	return json_pack(
	    "{s:I, s:s, s:s, s:o*, s:s*, s:s*, s:s*}", "row",
	    (json_int_t)number, "result", consent_imported_name(row->result),
	    "state", consent_state_name(row->state), "person",
	    row->of.person != 0 ? job_json_id(w, ID_PERSON, row->of.person)
				: NULL,
	    "field", field, "what", row->what, "want", row->want);
}

static int answer(struct worker *w, struct job *job, const struct given *given,
		  struct err *err)
{
	json_int_t counts[IMPORT_REFUSED + 1] = {0};
	json_t *results = json_array(), *v;

	for (size_t i = 0; i < given->len; i++) {
		counts[given->rows[i].result]++;
		(void)json_array_append_new(
		    results, result_json(w, i + 1, &given->rows[i]));
	}
	v = json_pack("{s:o}", "results", results);
	for (size_t i = 0; v != NULL && i <= IMPORT_REFUSED; i++)
		(void)json_object_set_new(
		    v, consent_imported_name((enum consent_imported)i),
		    json_integer(counts[i]));
	return job_json(job, 200, v, err);
}

int api_consent_import(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"rows"};
	struct given *given;
	json_t *body = NULL;
	int rc = -1;

	given = calloc(1, sizeof(*given));
	if (given == NULL)
		return ERR_SET(err, ERR_NOMEM, "rows of an import", 0);
	if (body_object(job, known, 1, &body) == 0 &&
	    read_rows(job, body, given) == 0 &&
	    consent_import(w, given->rows, given->len, err) == 0)
		rc = answer(w, job, given, err);
	json_decref(body);
	free(given);
	return rc;
}
