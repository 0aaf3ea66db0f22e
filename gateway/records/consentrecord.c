/* consentrecord.c - which record it is, and whose rules it has to keep. */
#include "recordfield.h"

#include <string.h>

const char *consentrecord_form_name(enum consentrecord_form form)
{
	static const char *const names[CONSENTRECORD_FORMS] = {
	    "record", "receipt", "kantara"};

	return names[form];
}

bool consentrecord_form_of(const json_t *value, enum consentrecord_form *ret)
{
	if (!json_is_object(value))
		return false;
	if (has_type(value, "ConsentReceipt") ||
	    json_object_get(value, "dpv:hasRecordOfActivity") != NULL)
		*ret = CONSENTRECORD_DPV_RECEIPT;
	else if (json_object_get(value, "@type") != NULL ||
		 json_object_get(value, "dct:conformsTo") != NULL ||
		 json_object_get(value, "dpv:hasConsentStatus") != NULL)
		*ret = CONSENTRECORD_DPV;
	else if (json_object_get(value, "consentReceiptID") != NULL ||
		 json_object_get(value, "piiControllers") != NULL ||
		 json_object_get(value, "version") != NULL)
		*ret = CONSENTRECORD_KANTARA;
	else
		return false;
	return true;
}

int consentrecord_judge(const json_t *value, enum consentrecord_form form,
			struct consentrecord_fault *ret)
{
	const struct at top = at_top(ret);

	if (!json_is_object(value))
		return at_bad(&top, "is no object", "a record in braces");
	if (form == CONSENTRECORD_KANTARA)
		return kantara_judge(&top, value);
	return form == CONSENTRECORD_DPV ? dpv_judge(&top, value)
					 : dpv_receipt_judge(&top, value);
}

int consentrecord_events(const json_t *list,
			 struct consent_event ret[CONSENTRECORD_EVENTS_MAX],
			 size_t *ret_len, struct consentrecord_fault *fault)
{
	const struct at top = at_top(fault);
	const struct at at = at_key(&top, "dpv:hasConsentStatus");

	return dpv_events(&at, list, false, ret, ret_len);
}
