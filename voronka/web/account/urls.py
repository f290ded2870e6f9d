"""The account pages."""

from django.urls import path

from voronka.web.account import views

app_name = "account"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("viewing/stop/", views.stop_viewing, name="stop_viewing"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("profile/", views.profile, name="profile"),
    path("profile/theme/", views.theme, name="theme"),
    path("profile/password/", views.password, name="password"),
    path("profile/devices/close/", views.close_devices, name="close_devices"),
    path("profile/devices/<int:session_id>/close/", views.close_device, name="close_device"),
]
