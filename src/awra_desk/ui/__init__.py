"""The windows: Qt only. Views bind to view models and hold no rule about money; nothing here touches a service."""
