// The vendor's JavaScript client makes, lists, changes and deletes a token, and uses its access token.
const assert = require("node:assert");
const { Configuration, PersonalAccessTokensApi, PublicIdentitiesApi } = require("sailpoint-api-client");

const NAME = "made by node";

async function main() {
  const api = new PersonalAccessTokensApi(new Configuration());

  const { data: created } = await api.createPersonalAccessToken({
    createPersonalAccessTokenRequest: { name: NAME, scope: ["sp:scopes:default"], accessTokenValiditySeconds: 600 },
  });
  assert.strictEqual(created.name, NAME);
  assert.deepStrictEqual(created.scope, ["sp:scopes:default"]);
  assert.strictEqual(created.accessTokenValiditySeconds, 600);

  const listed = async () => (await api.listPersonalAccessTokens({ ownerId: "me" })).data;
  assert.deepStrictEqual((await listed()).filter((token) => token.id === created.id).map((token) => token.name), [NAME]);

  const { data: patched } = await api.patchPersonalAccessToken({
    id: created.id,
    jsonPatchOperation: [{ op: "replace", path: "/scope", value: ["sp:scopes:default", "idn:accounts:read"] }],
  });
  assert.deepStrictEqual(patched.scope, ["sp:scopes:default", "idn:accounts:read"]);

  const baseurl = process.env.SAIL_BASE_URL;
  const own = { baseurl, clientId: created.id, clientSecret: created.secret, tokenUrl: `${baseurl}/oauth/token` };
  const { data: identities } = await new PublicIdentitiesApi(new Configuration(own)).getPublicIdentities({ limit: 1 });
  assert.strictEqual(identities.length, 1);

  await api.deletePersonalAccessToken({ id: created.id });
  assert.ok((await listed()).every((token) => token.id !== created.id));
  console.log("the JavaScript client made, listed, changed, used and deleted a token");
}

main().catch((error) => {
  // The error of the HTTP library would print the request with its credential.
  console.error(error.response ? `${error.message}: ${JSON.stringify(error.response.data)}` : error.stack);
  process.exit(1);
});
