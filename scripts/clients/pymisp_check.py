"""PyMISP adds, gets, edits, searches and sights; a second party sees only what was released to it."""
import os
import subprocess
import time

from pymisp import MISPEvent, MISPNote, MISPOpinion, MISPRelationship, MISPSighting, PyMISP


def connect(party):
    with open(f"{party}.secret") as f:
        return PyMISP(os.environ["URL"], f.read().strip(), ssl=os.environ["REQUESTS_CA_BUNDLE"])


def entente(*args):
    return subprocess.run(["entente", *args], check=True, capture_output=True, text=True).stdout


bb, cc = connect("bb"), connect("cc")
assert bb.misp_instance_version["perm_sync"] is True
assert "ip-dst" in bb.types

event = MISPEvent()
event.info, event.distribution, event.threat_level_id, event.analysis = "Phishing against BB", 3, 2, 1
event.add_tag("tlp:green")
event.add_attribute("ip-dst", "198.51.100.7", to_ids=True)
event.add_attribute("domain", "evil.example", comment="landing page", to_ids=True)
event.add_attribute("md5", "3c656da41f4645f77e3ec3281b63dd43")
added = bb.add_event(event, pythonify=True)
assert isinstance(added, MISPEvent) and added.uuid == event.uuid, added

got = bb.get_event(event.uuid, pythonify=True)
assert {a.value for a in got.attributes} == {"198.51.100.7", "evil.example", "3c656da41f4645f77e3ec3281b63dd43"}
assert bb.event_exists(event) and not cc.event_exists(event)
assert "errors" in cc.get_event(event.uuid)

got.add_attribute("url", "https://evil.example/login")
got.info = "Phishing against BB, second edition"
edited = bb.update_event(got, pythonify=True)
assert isinstance(edited, MISPEvent), edited
assert len(bb.get_event(event.uuid, pythonify=True).attributes) == 4
assert [e.uuid for e in bb.search(value="evil.example", pythonify=True)] == [event.uuid]
assert [e.uuid for e in bb.search_index(eventinfo="%second edition", pythonify=True)] == [event.uuid]
assert bb.search(value="nothing.example") == []
assert len(bb.search(controller="attributes", type_attribute="domain", pythonify=True)) == 1
assert [e.uuid for e in bb.events(pythonify=True)] == [event.uuid]
assert cc.events() == [] and cc.search(value="evil.example") == []

# What the node releases to another party arrives there as an event.
entente("release", "send", f"grouping--{event.uuid}", "--to", "csirt-cc")
seen = cc.get_event(event.uuid, pythonify=True)
assert {a.value for a in seen.attributes} >= {"198.51.100.7", "evil.example", "https://evil.example/login"}, seen.to_json()
assert seen.distribution in (0, "0") and seen.published
assert any(t.name == "tlp:green" for t in seen.tags)
assert cc.search(value="evil.example", pythonify=True)[0].uuid == event.uuid
assert not hasattr(seen, "event_creator_email")

sighting = MISPSighting()
sighting.value, sighting.source = "evil.example", "resolver"
assert cc.add_sighting(sighting)["saved"]
assert "sighting--" in entente("object", "list", "--type", "sighting")
assert "errors" in cc.add_sighting({"value": "nothing.example"})

# What analysts say of what they were given, and of their own.
attribute = next(a for a in seen.attributes if a.value == "evil.example")
other = next(a for a in seen.attributes if a.value == "198.51.100.7")
note = MISPNote()
note.from_dict(note="seen at two of ours", language="en", object_uuid=attribute.uuid, object_type="Attribute")
said = cc.add_note(note, pythonify=True)
assert isinstance(said, MISPNote) and said.uuid == note.uuid, said
said.note = "seen at three of ours"
assert cc.update_note(said, pythonify=True).note == "seen at three of ours"
opinion = MISPOpinion()
opinion.from_dict(opinion=85, comment="sound", object_uuid=seen.uuid, object_type="Event")
assert isinstance(cc.add_opinion(opinion, pythonify=True), MISPOpinion)
link = MISPRelationship()
link.from_dict(relationship_type="resolved-to", related_object_uuid=other.uuid, related_object_type="Attribute", object_uuid=attribute.uuid, object_type="Attribute")
assert isinstance(cc.add_relationship(link, pythonify=True), MISPRelationship)
assert f"note--{note.uuid}" in entente("object", "search", "seen at three of ours")
assert "errors" in cc.delete_note(said)
mine = MISPNote()
mine.from_dict(note="of our own", object_uuid=next(a for a in bb.get_event(event.uuid, pythonify=True).attributes).uuid, object_type="Attribute")
assert isinstance(bb.add_note(mine, pythonify=True), MISPNote)
noted = MISPEvent()
noted.info = "With analyst data"
noted.add_tag("tlp:green")
noted.add_attribute("domain", "noted.example").add_note("inside", language="en")
noted.add_opinion(40, "unsure")
assert isinstance(bb.add_event(noted, pythonify=True), MISPEvent)
entente("release", "send", f"grouping--{noted.uuid}", "--to", "csirt-cc")
read = cc.get_event(noted.uuid, pythonify=True)
assert [n.note for n in read.attributes[0].notes] == ["inside"] and [o.opinion for o in read.opinions] == [40], read.to_json()

# Nothing is deleted or published from outside, and the client is told so.
assert "errors" in cc.delete_event(event.uuid) and "errors" in cc.publish(event.uuid)

# A part that is wrong costs itself.
broken = MISPEvent()
broken.info = "Half broken"
broken.add_attribute("domain", "good.example")
body = broken.to_dict()
body["Attribute"].append({"type": "domain", "uuid": "not-a-uuid"})
answer = bb._prepare_request("POST", "events/add", data=body).json()
assert answer["errors"], answer
assert len(bb.get_event(broken.uuid)["Event"]["Attribute"]) >= 1

# A MISP server that pulls: index (up to the last second that is over), compare, view.
time.sleep(1.1)
index = cc._prepare_request("POST", "events/index", data={"minimal": 1, "published": 1}).json()
assert {e["uuid"] for e in index} == {event.uuid, noted.uuid} and index[0]["orgc_uuid"]
view = cc._prepare_request("GET", f"events/view/{event.uuid}/deleted[]:0/deleted[]:1/excludeGalaxy:1").json()
assert view["Event"]["timestamp"] == next(e for e in index if e["uuid"] == event.uuid)["timestamp"]
print("PyMISP: add, get, edit, search, sight, say, pull")
