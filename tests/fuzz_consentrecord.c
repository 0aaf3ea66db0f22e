/* fuzz_consentrecord.c - a record, a receipt or a row of an import as JSON:
 * right, or one field is named; what is right has events of a state. */
#include "fuzz_house.h"
#include "postern/consentrow.h"
#include "postern/jsonmem.h"

static void check_events(const json_t *record)
{
	static struct consent_event events[CONSENTRECORD_EVENTS_MAX];
	struct consentrecord_fault fault;
	size_t len = 0;

	MUST(consentrecord_events(
		 json_object_get(record, "dpv:hasConsentStatus"), events, &len,
		 &fault) == 0);
	MUST(len > 0 && len <= CONSENTRECORD_EVENTS_MAX);
	MUST(consent_state_at(events, len, INT64_MAX / 2, NULL) <
	     CONSENT_STATES);
}

static void check_value(const json_t *value, enum consentrecord_form form)
{
	struct consentrecord_fault fault = {.what = NULL};

	if (consentrecord_judge(value, form, &fault) == 0) {
		MUST(json_is_object(value));
		if (form == CONSENTRECORD_DPV)
			check_events(value);
		return;
	}
	MUST(fault.what != NULL && fault.what[0] != '\0');
	MUST(fault.want != NULL && fault.want[0] != '\0');
	MUST(memchr(fault.field, '\0', sizeof(fault.field)) != NULL);
}

static void check_row(const json_t *value)
{
	struct consentrecord_fault fault = {.what = NULL};
	struct consentrow row;

	if (consentrow_read(value, &row, &fault) != 0) {
		MUST(fault.what != NULL && fault.want != NULL);
		return;
	}
	MUST(row.address != NULL && row.address[0] != '\0');
	MUST(row.kind != NULL && row.purpose.text[0] != '\0');
	MUST(row.channel.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum consentrecord_form form;
	bool no_memory;
	json_t *value =
	    jsonmem_load(data, size, JSON_REJECT_DUPLICATES, &no_memory);

	if (value == NULL)
		return 0;
	if (consentrecord_form_of(value, &form))
		check_value(value, form);
	for (int i = 0; i < CONSENTRECORD_FORMS; i++)
		check_value(value, (enum consentrecord_form)i);
	check_row(value);
	json_decref(value);
	return 0;
}
