"""A notification daemon (Desktop Notifications Specification 1.2) that writes what it is told to a file, a line of JSON a call.

    notification-daemon.py BUS FILE

Numbers begin at 1; a notification that replaces another keeps its number, as the specification asks.
"""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"


class Notifications(dbus.service.Object):
    def __init__(self, bus, path):
        super().__init__(bus, "/org/freedesktop/Notifications")
        self.file = open(path, "a", encoding="utf-8")
        self.last = 0

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        if not replaces:
            self.last += 1
        number = int(replaces) or self.last
        line = {
            "app": str(app), "replaces": int(replaces), "number": number, "summary": str(summary), "body": str(body),
            "urgency": int(hints.get("urgency", 1)),
        }
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
        return dbus.UInt32(number)

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["body", "body-markup"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return ("stand-in", "falsetto", "1", "1.2")

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
connection = dbus.bus.BusConnection(sys.argv[1])
claimed = dbus.service.BusName(NAME, connection)
served = Notifications(connection, sys.argv[2])
print("ready", flush=True)
GLib.MainLoop().run()
