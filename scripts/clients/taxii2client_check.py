"""taxii2client discovers, pages, filters and adds."""
import os

from taxii2client.v21 import Server, as_pages


def connect(party):
    with open(f"{party}.secret") as f:
        return Server(os.environ["URL"] + "/taxii2/", user=f"csirt-{party}", password=f.read().strip(), verify=os.environ["REQUESTS_CA_BUNDLE"])


cc = connect("cc")
collections = {c.title: c for c in cc.default.collections}
released = collections["Released"]
ids = []
for page in as_pages(released.get_objects, per_request=2):
    assert len(page.get("objects", [])) <= 2
    ids += [o["id"] for o in page.get("objects", [])]
assert len(ids) == len(set(ids)) > 3, ids
manifest = []
for page in as_pages(released.get_manifest, per_request=3):
    manifest += [m["id"] for m in page.get("objects", [])]
assert manifest == ids
kinds = {i.split("--")[0] for i in ids}
only = released.get_objects(type="indicator")["objects"]
assert {o["type"] for o in only} == {"indicator"} < kinds
assert released.get_object(ids[0])["objects"][0]["id"] == ids[0]
status = collections["Contributions"].add_objects({"objects": [{
    "type": "indicator", "spec_version": "2.1", "id": "indicator--1f0c2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    "created": "2026-11-21T10:00:00.000Z", "modified": "2026-11-21T10:00:00.000Z", "pattern": "[domain-name:value = 'x.example']",
    "pattern_type": "stix", "valid_from": "2026-11-21T10:00:00Z"}]})
assert status.status == "complete" and status.success_count == 1
bb = {c.title: c for c in connect("bb").default.collections}["Released"]
assert bb.get_objects() == {} and bb.id != released.id
print("taxii2client: discover, page, filter, add")
