/* consentrecord_example.h - a consent of our own, invented. */
#ifndef POSTERN_TESTS_CONSENTRECORD_EXAMPLE_H
#define POSTERN_TESTS_CONSENTRECORD_EXAMPLE_H

#include "postern/consentrecord.h"

#define EXAMPLE_NOTICE	"urn:postern:wording:werbung"
#define EXAMPLE_UUID	"5b1f4c0e-91d3-4a27-8c55-0d9e6a7b3f42"
#define EXAMPLE_ASKED	INT64_C(1767261600000)
#define EXAMPLE_GIVEN	INT64_C(1767261660000)
#define EXAMPLE_STOPPED INT64_C(1769940000000)

static const char *const example_data[] = {"pd:TelephoneNumber",
					   "pd:Communication"};
static const struct consentrecord_happened example_events[] = {
    {.state = CONSENT_REQUESTED, .at_ms = EXAMPLE_ASKED, .by_controller = true},
    {.state = CONSENT_GIVEN,
     .at_ms = EXAMPLE_GIVEN,
     .method = "reply",
     .valid = "P24M",
     .notice = EXAMPLE_NOTICE,
     .prompt_id = "wire.1",
     .answer_id = "wire.2",
     .answer = "Ja, gern!"},
    {.state = CONSENT_WITHDRAWN, .at_ms = EXAMPLE_STOPPED, .method = "keyword"},
};

static const struct consentrecord_notice example_notices[] = {
    {.iri = EXAMPLE_NOTICE,
     .date = "2025-12-01",
     .sha256 =
	 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
     .language = "de",
     .text = "Duerfen wir?\nJA oder NEIN"},
};

static const struct consent_record example_record = {
    .iri = "urn:uuid:" EXAMPLE_UUID,
    .id = EXAMPLE_UUID,
    .subject = "urn:postern:person:per_0000000000000000000000000a",
    .jurisdiction = "DE",
    .controller = {.id = "urn:postern:party:controller",
		   .name = "Segelmacher Nordlicht",
		   .contact = "Datenschutz",
		   .email = "datenschutz@nordlicht.example",
		   .phone = "+49 40 000000",
		   .street = "Kai 3",
		   .postal_code = "20457",
		   .locality = "Hamburg",
		   .country = "DE"},
    .authority = "HmbBfDI",
    .notices = example_notices,
    .notices_len = 1,
    .language = "de",
    .purpose = "DirectMarketing",
    .purpose_name = "Angebote f\303\274r Segel",
    .marketing = true,
    .data = example_data,
    .data_len = 2,
    .recipient_id = "urn:postern:party:provider",
    .recipient_name = "Bote AG",
    .location = "DE",
    .duration = "P24M",
    .deletion = "P1M",
    .service = "chat",
    .withdrawal = "STOP im selben Kanal",
    .policy_url = "https://nordlicht.example/datenschutz",
    .events = example_events,
    .events_len = 3,
};

#endif
