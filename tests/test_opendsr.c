/* test_opendsr.c - requests, answers and signatures of OpenDSR.
 *
 * Proves: compliance 5.2, 9 N2. */
#include "dsr_house.h"

#include "postern/http.h"
#include "postern/opendsr.h"

#define DOMAIN "opendsr.example.de"
#define NOW_MS INT64_C(1795680000000) /* November 2026 */

static const struct opendsr_rules rules = {.domain = DOMAIN};

static int read_text(const char *text, const struct opendsr_rules *by,
		     struct opendsr_request *ret, struct opendsr_faults *faults)
{
	struct err err = {0};
	int rc =
	    opendsr_request_read(text, strlen(text), by, ret, faults, &err);

	assert_true((rc == 0) == (faults->len == 0));
	if (rc != 0)
		assert_int_equal(err.kind, ERR_INPUT);
	return rc;
}

static void every_request_of_the_fixtures_has_its_verdict(void **state)
{
	char *text = dsr_file("opendsr/requests.jsonl", NULL), *save = NULL;
	size_t rows = 0;

	(void)state;
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *row = json_loads(line, 0, NULL);
		char *body = json_dumps(json_object_get(row, "body"), 0);
		struct opendsr_request rq;
		struct opendsr_faults faults;
		json_int_t status =
		    json_integer_value(json_object_get(row, "status"));

		if ((read_text(body, &rules, &rq, &faults) == 0) !=
		    (status == 201))
			fail_msg("%s", dsr_text(row, "name"));
		opendsr_request_free(&rq);
		free(body);
		json_decref(row);
		rows++;
	}
	assert_true(rows >= 12);
	free(text);
}

#define ID "\"subject_request_id\":\"a7551968-d5d6-44b2-9831-815ac9017798\""
#define REST                                                \
	"\"submitted_time\":\"2026-11-25T09:00:00+01:00\"," \
	"\"subject_request_type\":\"erasure\""
#define WHO                                                              \
	"\"subject_identities\":[{\"identity_type\":\"email\","          \
	"\"identity_value\":\"erika@example.de\",\"identity_format\":\"" \
	"raw\"}]"
#define GDPR "\"regulation\":\"gdpr\""

static void one_fault(const char *text, const char *reason)
{
	struct opendsr_request rq;
	struct opendsr_faults faults;

	if (read_text(text, &rules, &rq, &faults) == 0)
		fail_msg("taken: %s", text);
	assert_string_equal(faults.all[0].reason, reason);
	opendsr_request_free(&rq);
}

static void what_is_wrong_is_named_without_its_value(void **state)
{
	(void)state;
	one_fault("", "body");
	one_fault("[]", "body");
	one_fault("{" GDPR "," REST "," WHO "}", "subject_request_id");
	one_fault("{" ID "," REST "," WHO "}", "regulation");
	one_fault("{" ID "," ID "," GDPR "," REST "," WHO "}", "body");
	one_fault("{" ID "," GDPR "," REST "," WHO ",\"api_version\":\"1.0\"}",
		  "api_version");
	one_fault("{" ID "," GDPR "," REST ",\"extensions\":7}", "extensions");
	one_fault("{" ID "," GDPR "," REST ",\"subject_identities\":[]}",
		  "subject_identities");
	one_fault("{" ID "," GDPR "," REST ",\"subject_identities\":[{"
		  "\"identity_type\":\"phone\",\"identity_value\":\"x\","
		  "\"identity_format\":\"raw\"}]}",
		  "identity_type");
	one_fault("{" ID "," GDPR "," REST ",\"subject_identities\":[{"
		  "\"identity_type\":\"email\",\"identity_value\":"
		  "\"d41d8cd98f00b204e9800998ecf8427e\",\"identity_format\":"
		  "\"md5\"}]}",
		  "identity_format");
	one_fault("{" ID "," GDPR "," REST ",\"subject_identities\":[{"
		  "\"identity_type\":\"email\",\"identity_value\":\"abc\","
		  "\"identity_format\":\"sha256\"}]}",
		  "identity_value");
}

static void weak_hashes_are_taken_where_the_settings_say_so(void **state)
{
	static const char text[] =
	    "{" ID "," GDPR "," REST ",\"subject_identities\":[{"
	    "\"identity_type\":\"email\",\"identity_value\":"
	    "\"d41d8cd98f00b204e9800998ecf8427e\",\"identity_format\":"
	    "\"md5\"}]}";
	const struct opendsr_rules weak = {.domain = DOMAIN,
					   .weak_hashes = true};
	struct opendsr_request rq;
	struct opendsr_faults faults;

	(void)state;
	assert_int_equal(read_text(text, &weak, &rq, &faults), 0);
	assert_int_equal(rq.identities[0].format, OPENDSR_MD5);
	opendsr_request_free(&rq);
}

static void numbers_travel_in_our_extension(void **state)
{
	static const char text[] =
	    "{" ID "," GDPR "," REST ",\"extensions\":{\"" DOMAIN
	    "\":{\"identities\":[{\"kind\":\"phone\",\"value\":"
	    "\"+49301234\"}]},\"other.example\":{\"identities\":7}}}";
	struct opendsr_request rq;
	struct opendsr_faults faults;

	(void)state;
	assert_int_equal(read_text(text, &rules, &rq, &faults), 0);
	assert_int_equal(rq.identities_len, 1);
	assert_true(rq.identities[0].ours);
	assert_string_equal(rq.identities[0].type, "phone");
	assert_string_equal(rq.identities[0].value, "+49301234");
	opendsr_request_free(&rq);
}

static void the_older_version_knows_no_regulation(void **state)
{
	const struct opendsr_rules older = {.domain = DOMAIN, .older = true};
	struct opendsr_request rq;
	struct opendsr_faults faults;

	(void)state;
	assert_int_equal(
	    read_text("{" ID "," REST "," WHO "}", &older, &rq, &faults), 0);
	opendsr_request_free(&rq);
	assert_int_equal(read_text("{" ID "," REST "," WHO
				   ",\"api_version\":\"1.0\"}",
				   &older, &rq, &faults),
			 0);
	opendsr_request_free(&rq);
}

static void what_we_ask_we_would_take(void **state)
{
	json_t *identities = json_pack("[{s:s,s:s},{s:s,s:s}]", "kind", "phone",
				       "value", "+49301234", "kind", "email",
				       "value", "erika@example.de");
	const struct opendsr_ask ask = {
	    .id = "a7551968-d5d6-44b2-9831-815ac9017798",
	    .domain = DOMAIN,
	    .callback = "https://postern.example/opendsr/callback",
	    .identities = identities,
	    .at_ms = NOW_MS,
	};
	struct buf text = BUF_INIT(65536);
	struct opendsr_request rq;
	struct opendsr_faults faults;

	(void)state;
	assert_int_equal(opendsr_request_print(&ask, &text, NULL), 0);
	assert_int_equal(read_text(buf_text(&text), &rules, &rq, &faults), 0);
	assert_int_equal(rq.type, OPENDSR_ERASURE);
	assert_int_equal(rq.submitted_ms, NOW_MS);
	assert_int_equal(rq.identities_len, 2);
	assert_string_equal(rq.identities[0].type, "email");
	assert_string_equal(rq.identities[1].type, "phone");
	assert_string_equal(rq.callbacks[0], ask.callback);
	opendsr_request_free(&rq);
	buf_free(&text);
	json_decref(identities);
}

static void addresses_others_name_are_public(void **state)
{
	static const char *const bad[] = {
	    "http://controller.example/x",
	    "https://127.0.0.1/",
	    "https://[::1]/",
	    "https://169.254.169.254/",
	    "https://10.1.2.3/x",
	    "https://[fe80::1]/",
	    "https://[::ffff:10.0.0.1]/",
	    "https://0x7f000001/",
	    "https://2130706433/",
	    "https://127.1/",
	    "https://localhost/",
	    "https://desk.localhost/",
	    "https://printer.local/",
	    "https://metadata.google.internal/",
	    "https://intranet/",
	    "https://user@controller.example/",
	    "https://controller.example/#a",
	    "ftp://controller.example/",
	    "//controller.example/",
	    "https:///x",
	    "https://controller.example\\@127.0.0.1/",
	    "",
	    "https://1.2.3.4.5/",
	    "https://localhost./",
	    "https://controller.example:0/",
	    "https://controller.example/#",
	    "https:controller.example/",
	    "https:/controller.example/",
	    "https:////controller.example/",
	    "https://.controller.example/",
	    "https://controller..example/",
	    "https://controller.example%/",
	    "https://contr%6fller.ex%61mple%2f/",
	};
	static const char *const good[] = {
	    "https://controller.example/opendsr/callbacks",
	    "https://controller.example:8443/?a=b",
	    "HTTPS://Controller-1.Example",
	    "https://xn--bcher-kva.example/a%20b?c=https://d",
	    "https://9.9.9.9/",
	    "https://[2606:4700::1111]/",
	};
	static const char *const own[] = {"127.0.0.1:9000", "desk:80"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (http_url_callable(bad[i], NULL, 0))
			fail_msg("callable: %s", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!http_url_callable(good[i], NULL, 0))
			fail_msg("not callable: %s", good[i]);
	assert_true(http_url_callable("http://127.0.0.1:9000/x", own, 2));
	assert_true(http_url_callable("http://desk/x", own, 2));
	assert_false(http_url_callable("http://127.0.0.1:9001/x", own, 2));
}

/* --- answers -------------------------------------------------------------- */

static void answers_are_read_whole_or_not_at_all(void **state)
{
	static const char good[] =
	    "{\"controller_id\":\"x\"," ID ",\"request_status\":\"completed\","
	    "\"status_callback_url\":\"https://a.example/c\"}";
	static const char *const bad[] = {
	    "",
	    "{}",
	    "{" ID ",\"request_status\":\"done\"}",
	    "{" ID ",\"request_status\":1}",
	    "{" ID "," ID "}",
	    "{" ID ",\"status_callback_url\":7}",
	};
	struct opendsr_answer a = {0};

	(void)state;
	assert_int_equal(opendsr_answer_read(good, strlen(good), &a, NULL), 0);
	assert_true(a.told);
	assert_int_equal(a.status, OPENDSR_COMPLETED);
	assert_string_equal(a.url, "https://a.example/c");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    opendsr_answer_read(bad[i], strlen(bad[i]), &a, NULL), -1);
}

/* --- signatures ----------------------------------------------------------- */

static void every_signature_of_the_fixtures_has_its_verdict(void **state)
{
	size_t pem_len, i;
	char *pem = dsr_file("opendsr/test-cert.pem", &pem_len);
	json_t *doc = dsr_json("opendsr/signatures.json");
	json_t *one, *cases = json_object_get(doc, "cases");

	(void)state;
	assert_true(json_array_size(cases) >= 4);
	json_array_foreach(cases, i, one)
	{
		const char *body = dsr_text(one, "body");
		const struct opendsr_proof p = {
		    .pem = pem,
		    .pem_len = pem_len,
		    .domain = dsr_text(doc, "domain"),
		    .signature = dsr_text(one, "signature"),
		    .now_ms = NOW_MS,
		};

		if ((opendsr_verify(&p, body, strlen(body)) ==
		     OPENDSR_SIGNED) !=
		    json_is_true(json_object_get(one, "valid")))
			fail_msg("%s", dsr_text(one, "name"));
	}
	json_decref(doc);
	free(pem);
}

static void a_certificate_has_its_time_and_its_names(void **state)
{
	size_t pem_len;
	char *pem = dsr_file("opendsr/test-cert.pem", &pem_len);
	struct opendsr_proof p = {.pem = pem,
				  .pem_len = pem_len,
				  .domain = DOMAIN,
				  .signature = "AAAA",
				  .now_ms = NOW_MS};

	(void)state;
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_SIGNATURE);
	p.now_ms = INT64_C(2200000000000); /* 2039 */
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_CERTIFICATE);
	p.now_ms = INT64_C(1700000000000); /* 2023 */
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_CERTIFICATE);
	p.now_ms = NOW_MS;
	p.domain = "other.example";
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_CERTIFICATE);
	p.domain = DOMAIN;
	p.pem_len = 100;
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_CERTIFICATE);
	p.pem = NULL;
	assert_int_equal(opendsr_verify(&p, "x", 1), OPENDSR_BAD_CERTIFICATE);
	free(pem);
}

static void we_sign_as_the_fixtures_do(void **state)
{
	size_t pem_len, cert_len;
	char *pem = dsr_file("opendsr/test-key.pem", &pem_len);
	char *cert = dsr_file("opendsr/test-cert.pem", &cert_len);
	json_t *doc = dsr_json("opendsr/signatures.json");
	json_t *one = json_array_get(json_object_get(doc, "cases"), 0);
	const char *body = dsr_text(one, "body");
	char signature[OPENDSR_SIGNATURE_BYTES];
	struct opendsr_key *key = NULL;

	(void)state;
	assert_int_equal(opendsr_key_open(pem, pem_len, &key, NULL), 0);
	assert_true(opendsr_fits(key, cert, cert_len, DOMAIN));
	assert_false(opendsr_fits(key, cert, cert_len, "other.example"));
	assert_false(opendsr_fits(key, "", 0, DOMAIN));
	assert_int_equal(opendsr_sign(key, body, strlen(body), signature, NULL),
			 0);
	/* PKCS#1 v1.5 draws no lots. */
	assert_string_equal(signature, dsr_text(one, "signature"));
	opendsr_key_close(&key);
	assert_int_equal(opendsr_key_open(cert, cert_len, &key, NULL), -1);
	assert_null(key);
	json_decref(doc);
	free(cert);
	free(pem);
}

/* Made with `openssl ecparam -name prime256v1 -genkey -noout` and `openssl req
 * -x509`: a throw-away key of this test. */
static const char ec_key[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEINqzNVJlj+E+7b0all57queK5OxF5GKyr4aBH6ARBrXaoAoGCCqGSM49\n"
    "AwEHoUQDQgAESiTuAhDS22ccihFp50igC13+vwrvKZAa1CPb3QHeP6QhoPmCio2k\n"
    "uFcCvu4x/OfBQLl/+hGuRUta6fi9EZeJ5Q==\n"
    "-----END EC PRIVATE KEY-----\n";
static const char ec_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBljCCATygAwIBAgIUKkbo4ex0OLuEY6oCwzMqeRuQchYwCgYIKoZIzj0EAwIw\n"
    "FTETMBEGA1UEAwwKZWMuZXhhbXBsZTAeFw0yNjExMjIxMDUzNDNaFw00NjExMTcx\n"
    "MDUzNDNaMBUxEzARBgNVBAMMCmVjLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAARKJO4CENLbZxyKEWnnSKALXf6/Cu8pkBrUI9vdAd4/pCGg+YKKjaS4\n"
    "VwK+7jH858FAuX/6Ea5FS1rp+L0Rl4nlo2owaDAdBgNVHQ4EFgQUlmIhr7AFdjkD\n"
    "PmfqyZto+BLJgjgwHwYDVR0jBBgwFoAUlmIhr7AFdjkDPmfqyZto+BLJgjgwDwYD\n"
    "VR0TAQH/BAUwAwEB/zAVBgNVHREEDjAMggplYy5leGFtcGxlMAoGCCqGSM49BAMC\n"
    "A0gAMEUCIBbhzAyIskid1H/l8tZqH8tTdEDjUrzmuT+/W0qzeyjLAiEA+h4oa276\n"
    "RxdwmhjmPeNG1W4GrKobqQokuS90q1VqfQU=\n"
    "-----END CERTIFICATE-----\n";

static void an_elliptic_curve_will_do(void **state)
{
	struct opendsr_key *key = NULL;
	char signature[OPENDSR_SIGNATURE_BYTES];
	struct opendsr_proof p = {.pem = ec_cert,
				  .pem_len = strlen(ec_cert),
				  .domain = "ec.example",
				  .signature = signature,
				  .now_ms = NOW_MS};

	(void)state;
	assert_int_equal(opendsr_key_open(ec_key, strlen(ec_key), &key, NULL),
			 0);
	assert_true(opendsr_fits(key, ec_cert, strlen(ec_cert), "ec.example"));
	assert_int_equal(opendsr_sign(key, "body", 4, signature, NULL), 0);
	assert_int_equal(opendsr_verify(&p, "body", 4), OPENDSR_SIGNED);
	assert_int_equal(opendsr_verify(&p, "bodY", 4), OPENDSR_BAD_SIGNATURE);
	opendsr_key_close(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_request_of_the_fixtures_has_its_verdict),
	    cmocka_unit_test(what_is_wrong_is_named_without_its_value),
	    cmocka_unit_test(weak_hashes_are_taken_where_the_settings_say_so),
	    cmocka_unit_test(numbers_travel_in_our_extension),
	    cmocka_unit_test(the_older_version_knows_no_regulation),
	    cmocka_unit_test(what_we_ask_we_would_take),
	    cmocka_unit_test(addresses_others_name_are_public),
	    cmocka_unit_test(answers_are_read_whole_or_not_at_all),
	    cmocka_unit_test(every_signature_of_the_fixtures_has_its_verdict),
	    cmocka_unit_test(a_certificate_has_its_time_and_its_names),
	    cmocka_unit_test(we_sign_as_the_fixtures_do),
	    cmocka_unit_test(an_elliptic_curve_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
