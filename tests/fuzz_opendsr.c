/* fuzz_opendsr.c - bodies of OpenDSR: a request is whole or has a reason, an
 * answer is whole or none, and a certificate proves nothing it does not. */
#include "fuzz_house.h"
#include "postern/opendsr.h"

static void request(const uint8_t *data, size_t size, bool older)
{
	const struct opendsr_rules rules = {.domain = "opendsr.example.de",
					    .weak_hashes = older,
					    .older = older};
	struct opendsr_request rq;
	struct opendsr_faults faults;
	struct err err = {0};

	if (opendsr_request_read(data, size, &rules, &rq, &faults, &err) == 0) {
		MUST(faults.len == 0);
		MUST(opendsr_uuid(rq.id));
		MUST(rq.identities_len <= OPENDSR_IDENTITIES_MAX);
		for (size_t i = 0; i < rq.identities_len; i++)
			MUST(rq.identities[i].value[0] != '\0');
		for (size_t i = 0; i < rq.callbacks_len; i++)
			MUST(strncasecmp(rq.callbacks[i], "https:", 6) == 0);
	} else {
		MUST(err.kind == ERR_INPUT && faults.len >= 1);
		MUST(faults.len <= OPENDSR_FAULTS_MAX);
	}
	opendsr_request_free(&rq);
}

static void answer(const uint8_t *data, size_t size)
{
	struct opendsr_answer a = {0};

	if (opendsr_answer_read(data, size, &a, NULL) == 0)
		MUST(opendsr_uuid(a.id) && strlen(a.url) < sizeof(a.url));
}

static void proof(struct feed *f)
{
	char *signature = feed_text(f, 255);
	const struct opendsr_proof p = {
	    .pem = f->at,
	    .pem_len = f->left,
	    .domain = "opendsr.example.de",
	    .signature = signature,
	    .now_ms = INT64_C(1795680000000),
	};

	(void)opendsr_verify(&p, "body", 4);
	free(signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {.at = data, .left = size};

	switch (feed_byte(&f) % 4) {
	case 0:
		proof(&f);
		break;
	case 1:
		answer(f.at, f.left);
		break;
	default:
		request(f.at, f.left, (size & 1) != 0);
	}
	return 0;
}
